import { useState } from 'react';
import { ActButton } from '../shared/act-button.tsx';
import { ProblemAlert } from '../shared/states.tsx';
import { useOwnChange, type DistributorRegistration, type SellerRegistration } from './own.ts';

/** The party's own server: shown with its address, and changed only by who opens it, types it and says so. */
export function OwnServer({ registered }: { readonly registered: SellerRegistration | DistributorRegistration }) {
  const { agent, site, version } = registered;
  const [url, setUrl] = useState(site?.url ?? '');
  const change = useOwnChange();
  return (
    <>
      <p>
        Own server: {site ? <code>{site.url}</code> : 'none'}{' '}
        <span className="quiet">{agent === 'site' ? '(in use)' : '(not in use)'}</span>
      </p>
      <details>
        <summary>Change the own server</summary>
        <p className="quiet">
          The check office sends every order there and waits for its signed receipts: while the server is away, orders
          wait. Its public keys stand at <code>/.well-known/jwks.json</code> below this address.
        </p>
        <form
          className="actions"
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate({ agent: 'site', site: { url }, version });
          }}
        >
          <label>
            Address of the server
            <input
              type="url"
              required
              placeholder="https://orders.example"
              value={url}
              onChange={({ target }) => setUrl(target.value)}
            />
          </label>
          <ActButton busy={change.isPending} className="danger">
            Use this server
          </ActButton>
        </form>
        {change.error !== null && <ProblemAlert error={change.error} />}
      </details>
    </>
  );
}
