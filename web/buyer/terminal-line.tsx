import { useTerminalKey } from '../terminal-key/use-terminal-key.ts';

/** Says to what the checks of orders from here are bound. */
export function TerminalLine() {
  const key = useTerminalKey();
  if (key === undefined) return null;
  return (
    <p className="hint terminal-line">
      {key ? (
        <>
          Checks of what you order here are bound to this browser's own key <code>{key.thumbprint.slice(0, 8)}…</code>,
          which cannot be read out: they are presented from this browser alone.
        </>
      ) : (
        'This browser cannot keep a key of its own: checks of what you order here are not bound to it, and can be presented from any of your terminals.'
      )}
    </p>
  );
}
