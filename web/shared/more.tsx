import type { Pages } from '../data/pages.ts';

/** Reads on where a list goes on; nothing on its last page. */
export function More({ of: { more, readingMore }, what }: { readonly of: Pages<unknown>; readonly what: string }) {
  if (!more) return null;
  return (
    <p className="more">
      <button
        type="button"
        className="secondary outline small"
        aria-busy={readingMore}
        disabled={readingMore}
        onClick={more}
      >
        More {what}
      </button>
    </p>
  );
}
