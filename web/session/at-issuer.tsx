import { useMutation } from '@tanstack/react-query';
import { Link } from 'react-router';
import { DESKS } from '../desks.ts';
import { ProblemAlert } from '../shared/states.tsx';
import type { IssuerSettings } from './oidc.ts';
import { signInAtIssuer } from './restore.ts';
import { useSessionControl } from './session.tsx';

/** Signing in at the issuer; after a refusal also as somebody else, for the issuer would answer the same again. */
export function AtIssuer({ settings, refused }: { readonly settings: IssuerSettings; readonly refused: boolean }) {
  const { state } = useSessionControl();
  const going = useMutation({ mutationFn: (asSomebodyElse: boolean) => signInAtIssuer(settings, asSomebodyElse) });
  if (state.is === 'signed_in') {
    const { path, title } = DESKS[state.session.role];
    return (
      <p>
        You are signed in as {state.session.partyId}: go to <Link to={path}>{title}</Link>.
      </p>
    );
  }
  return (
    <>
      {going.error !== null && <ProblemAlert error={going.error} />}
      <p>You sign in at {new URL(settings.issuer).host}, and come back here.</p>
      <div className="actions">
        <button
          type="button"
          aria-busy={going.isPending}
          disabled={going.isPending}
          onClick={() => going.mutate(false)}
        >
          Sign in
        </button>
        {refused && (
          <button type="button" className="secondary" disabled={going.isPending} onClick={() => going.mutate(true)}>
            Sign in as somebody else
          </button>
        )}
      </div>
    </>
  );
}
