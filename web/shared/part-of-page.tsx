import { Suspense, type ReactNode } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import { Loading } from './states.tsx';

/**
 * A part of the page whose script comes when it is shown. Where it cannot be loaded (the service is away, or has another version by
 * now), that is said in its place. `at` names what stands there: something else is loaded anew.
 */
export function PartOfPage({ at, lines, children }: { at: string; lines: number; children: ReactNode }) {
  return (
    <ErrorBoundary fallback={<NotLoaded />} resetKeys={[at]}>
      <Suspense fallback={<Loading lines={lines} />}>{children}</Suspense>
    </ErrorBoundary>
  );
}

function NotLoaded() {
  return (
    <div role="alert" className="problem">
      <strong>This part of the page could not be loaded</strong>
      <p>The service does not answer, or it has been upgraded since this page was opened.</p>
      <button type="button" className="secondary" onClick={() => location.reload()}>
        Load the page again
      </button>
    </div>
  );
}
