import { useLiveness, useRetryNow } from '../data/live.tsx';

/** Says that what is shown may be old, until the stream is back, and then that it is. */
export function Connection() {
  const liveness = useLiveness();
  const retry = useRetryNow();
  return (
    <div aria-live="polite" className="connection">
      {liveness === 'lost' && (
        <div className="lost-connection">
          <p>
            <strong>Connection lost.</strong> What you see may be out of date. It is being taken up again by itself;
            nothing that you did is lost.
          </p>
          <button type="button" className="secondary outline small" onClick={retry}>
            Connect now
          </button>
        </div>
      )}
      {liveness === 'back' && <p className="found-connection">Connected again. Everything here is up to date.</p>}
    </div>
  );
}
