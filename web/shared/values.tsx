import { useEffect, useState } from 'react';
import type { Money as Sum } from '../../client/index.ts';
import { formatAge, formatMoney, formatWhen, formatWord } from './format.ts';

export function Money({ of }: { readonly of: Sum | null | undefined }) {
  return <span className="money">{of ? formatMoney(of) : '–'}</span>;
}

/** A moment, in the browser's language and time zone. */
export function When({ at }: { readonly at: string | null | undefined }) {
  return at ? <time dateTime={at}>{formatWhen(at)}</time> : <span>–</span>;
}

/** How long ago; it counts on by itself. */
export function Age({ since }: { readonly since: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 10_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={since} title={formatWhen(since)}>
      {formatAge(since)}
    </time>
  );
}

/** A word of the API as a small mark, coloured by what it means; the word itself stays readable. */
export function Mark({ word, of = word }: { readonly word: string; readonly of?: string }) {
  return (
    <span className="mark" data-word={word}>
      {formatWord(of)}
    </span>
  );
}
