import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { onRefusedToken, setTokenSource } from './credentials.ts';
import { troubleOf } from '../data/problems.ts';
import { forgetDemoParty } from './demo.ts';
import { DESKS } from '../desks.ts';
import type { Session, SignedIn } from './party.ts';
import { restoreSession, type Restored } from './restore.ts';

type State =
  | { readonly is: 'restoring' }
  | { readonly is: 'signed_out'; readonly why?: string }
  | { readonly is: 'signed_in'; readonly session: Session };

interface SessionControl {
  readonly state: State;
  readonly enter: (signedIn: SignedIn) => void;
  readonly signOut: (why?: string) => void;
}

const SessionContext = createContext<SessionControl | undefined>(undefined);

const STILL_AT_ISSUER = 'You are signed out here. The issuer could not be reached: its own session may go on.';

function failed(error: unknown): Restored {
  return { is: 'signed_out', why: troubleOf(error).detail };
}

/** Keeps who is signed in, in this tab alone: four tabs can be four parties. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [state, setState] = useState<State>({ is: 'restoring' });
  const queries = useQueryClient();

  const leave = useRef<SignedIn['leave']>(undefined);
  const navigate = useNavigate();

  const enter = useCallback(
    (signedIn: SignedIn) => {
      setTokenSource(signedIn.token);
      leave.current = signedIn.leave;
      // What one party has read is not the next one's, also where the former has not signed out.
      queries.clear();
      setState({ is: 'signed_in', session: signedIn.session });
    },
    [queries],
  );

  const signOut = useCallback(
    (why?: string) => {
      setTokenSource(undefined);
      forgetDemoParty();
      queries.clear();
      setState({ is: 'signed_out', why });
      // Whoever is put out has not asked to leave the issuer, too.
      if (why === undefined) leave.current?.().catch(() => setState({ is: 'signed_out', why: STILL_AT_ISSUER }));
      leave.current = undefined;
    },
    [queries],
  );

  useEffect(() => {
    let left = false;
    const restore = async (): Promise<void> => {
      const found = await restoreSession().catch(failed);
      if (left) return;
      if (found.is === 'signed_in') enter(found.signedIn);
      else setState(found);
      if (found.goTo === undefined) return;
      const atStart = found.is === 'signed_in' && found.goTo === '/';
      await navigate(atStart ? DESKS[found.signedIn.session.role].path : found.goTo, { replace: true });
    };
    void restore();
    return () => void (left = true);
    // oxlint-disable-next-line react/exhaustive-deps -- once: `navigate` changes with the address
  }, [enter]);

  useEffect(
    () => onRefusedToken(() => signOut('Your sign-in has run out. Sign in again; nothing was lost.')),
    [signOut],
  );

  const control = useMemo(() => ({ state, enter, signOut }), [state, enter, signOut]);
  return <SessionContext value={control}>{children}</SessionContext>;
}

export function useSessionControl(): SessionControl {
  const control = use(SessionContext);
  if (!control) throw new Error('there is no SessionProvider above');
  return control;
}

/** Who is signed in. Only below a page that has asked for it (`Desk`). */
export function useSession(): Session {
  const { state } = useSessionControl();
  if (state.is !== 'signed_in') throw new Error('nobody is signed in');
  return state.session;
}
