import { useState } from 'react';

/** A secret that is shown this once, and a button that copies it. */
export function Secret({ what, value }: { readonly what: string; readonly value: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
  };
  return (
    <div className="secret" aria-live="polite">
      <p>{what}. It is shown this once: keep it where secrets are kept.</p>
      <p>
        <code className="breakable">{value}</code>{' '}
        <button type="button" className="secondary outline small" onClick={() => void copy().catch(() => undefined)}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      </p>
    </div>
  );
}
