import { useState, type ReactNode } from 'react';
import { query } from '../data/api.ts';
import { useLiveness } from '../data/live.tsx';
import { isOutage, troubleOf } from '../data/problems.ts';

/** What a request failed with, and what to do next: as the API's catalogue has it, unless the page knows better. */
export function ProblemAlert(props: {
  readonly error: unknown;
  readonly next?: ReactNode;
  readonly onRetry?: () => void;
}) {
  const { error, next, onRetry } = props;
  const { title, detail, slug, fields } = troubleOf(error);
  return (
    <div role="alert" className="problem">
      <strong>{title}</strong>
      <p>{detail}</p>
      {fields.length > 0 && (
        <ul>
          {fields.map(({ pointer, detail: what }) => (
            <li key={pointer + what}>
              {pointer.slice(1).replaceAll('/', ' › ') || 'The request'} {what}
            </li>
          ))}
        </ul>
      )}
      <NextStep slug={slug} words={next ?? AT_A_DESK[slug ?? '']} />
      {onRetry && (
        <button type="button" className="secondary" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Where the catalogue speaks to programs: the page itself has read everything afresh by now. */
const AT_A_DESK: Readonly<Record<string, string>> = {
  'illegal-transition': 'The order has moved on meanwhile: this page shows where it stands now.',
};

/** What to do about a type of problem: in those words, otherwise as the API's own catalogue has it. */
function NextStep({ slug = '', words }: { readonly slug?: string; readonly words: ReactNode }) {
  const { data } = query.useQuery(
    'get',
    '/problems/{slug}',
    { params: { path: { slug } } },
    { staleTime: Infinity, enabled: slug !== '' && words === undefined },
  );
  const shown = words ?? data?.whatToDo;
  return shown === undefined ? null : <p className="next-step">{shown}</p>;
}

/** Where something is still being read: its place is kept. */
export function Loading({ lines = 3, what = 'Loading' }: { readonly lines?: number; readonly what?: string }) {
  return (
    <div className="skeleton" aria-busy="true" aria-label={what} role="group">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} />
      ))}
    </div>
  );
}

/** Something that is read. */
interface Reading<T = unknown> {
  readonly data?: T;
  readonly error: unknown;
  /** How often reading it has failed. */
  readonly errorUpdateCount: number;
}

/** Why it is not there; `null` when it is, or is read for the first time. While it is tried again, what it failed with before still stands. */
export function useFailure({ data, error, errorUpdateCount }: Reading): unknown {
  const [before, setBefore] = useState<unknown>(null);
  if (error !== null && error !== before) setBefore(error);
  return error ?? (data === undefined && errorUpdateCount > 0 ? before : null);
}

/** What stands together is shown together, once each part is there or has failed: nothing jumps when the last of them comes. */
export function ReadTogether(props: { readonly of: readonly Reading[]; readonly children: ReactNode }) {
  const isReading = props.of.some(({ data, errorUpdateCount }) => data === undefined && errorUpdateCount === 0);
  return isReading ? <Loading lines={24} /> : props.children;
}

/** A list without items, and how there come to be some. */
export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

/** The three states of whatever is read: not yet, failed, there. */
export function Loaded<T>(props: {
  readonly of: Reading<T> & { readonly refetch: () => unknown };
  readonly lines?: number;
  readonly children: (data: T) => ReactNode;
}) {
  const { of, lines, children } = props;
  const retry = (): void => void of.refetch();
  const failure = useFailure(of);
  if (of.data !== undefined)
    return (
      <>
        {of.error !== null && <NotAfresh error={of.error} onRetry={retry} />}
        {children(of.data)}
      </>
    );
  if (failure !== null) return <ProblemAlert error={failure} onRetry={retry} />;
  return <Loading lines={lines} />;
}

/** What is shown could not be read afresh. While the whole connection is lost, that is said once for the page. */
function NotAfresh({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const liveness = useLiveness();
  if (!isOutage(error)) return <ProblemAlert error={error} onRetry={onRetry} />;
  if (liveness === 'lost') return null;
  return (
    <p className="not-afresh">
      This may be out of date: the service does not answer.{' '}
      <button type="button" className="secondary outline small" onClick={onRetry}>
        Try again
      </button>
    </p>
  );
}
