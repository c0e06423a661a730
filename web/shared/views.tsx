import type { ReactNode } from 'react';
import { Link, useSearchParams } from 'react-router';

interface Waiting {
  readonly data: readonly unknown[] | undefined;
  readonly more?: () => void;
}

/** One part of a desk. */
export interface View {
  /** As it stands in the address. */
  readonly key: string;
  readonly title: string;
  /** How many things wait in it, or the list of them as far as it has been read; nothing is shown for none. */
  readonly waiting?: number | Waiting;
  readonly content: ReactNode;
}

/** A desk's parts, one at a time. Which one is shown stands in the address: it can be linked to, and survives a reload. */
export function Views({ views }: { readonly views: readonly [View, ...View[]] }) {
  const [search] = useSearchParams();
  const [first] = views;
  const shown = views.find(({ key }) => key === search.get('view')) ?? first;
  return (
    <>
      <nav aria-label="Parts of this desk" className="views">
        {views.map((view) => (
          <Link
            key={view.key}
            to={view === first ? '?' : `?view=${view.key}`}
            aria-current={view === shown ? 'page' : undefined}
          >
            {view.title}
            {view.waiting !== undefined && <Count of={view.waiting} />}
          </Link>
        ))}
      </nav>
      {shown.content}
    </>
  );
}

function Count({ of }: { readonly of: number | Waiting }) {
  const count = typeof of === 'number' ? of : (of.data?.length ?? 0);
  if (count === 0) return null;
  return (
    <>
      {' '}
      <span className="count">
        {count}
        {typeof of === 'object' && of.more && '+'} <span className="unseen">waiting</span>
      </span>
    </>
  );
}
