import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useLocation } from 'react-router';
import { DESKS } from '../desks.ts';
import { query } from '../data/api.ts';
import { Page } from '../shared/page.tsx';
import { Loaded, ProblemAlert } from '../shared/states.tsx';
import { demoParties, signInAsDemoParty, type DemoParty } from './demo.ts';
import { AtIssuer } from './at-issuer.tsx';
import { HowItGoes } from './how-it-goes.tsx';
import { useSessionControl } from './session.tsx';

/** Where nobody is signed in: how to, as this installation has it. Signing in on an order's page stays there. */
export function SignInPage({ why, leadsOn = false }: { readonly why?: string; readonly leadsOn?: boolean }) {
  const how = query.useQuery('get', '/v1/sign-in', {}, { staleTime: Infinity });
  return (
    <Page title="Countersign" lead="Orders of commodities, paid by an electronic check that cannot bounce.">
      {why !== undefined && (
        <p role="alert" className="note">
          {why}
        </p>
      )}
      {leadsOn && why === undefined && <p className="note">Sign in, and you come to the page that you wanted.</p>}
      <Loaded of={how}>
        {(way) => {
          if (way.kind === 'demo') return <AllDemoParties />;
          return way.kind === 'oidc' ? <AtIssuer settings={way} refused={why !== undefined} /> : <NoWay />;
        }}
      </Loaded>
    </Page>
  );
}

function AllDemoParties() {
  const parties = useQuery({ queryKey: ['demo-parties'], queryFn: demoParties });
  return <Loaded of={parties}>{(list) => <DemoParties parties={list} />}</Loaded>;
}

function DemoParties({ parties }: { readonly parties: readonly DemoParty[] }) {
  const { enter } = useSessionControl();
  const [failure, setFailure] = useState<unknown>();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const signIn = async ({ party, role }: DemoParty): Promise<void> => {
    try {
      enter(await signInAsDemoParty(party));
      if (!pathname.startsWith('/orders/')) await navigate(DESKS[role].path);
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <>
      {failure !== undefined && <ProblemAlert error={failure} />}
      <div className="parties">
        {Object.entries(DESKS).map(([role, { title, purpose }]) => (
          <section key={role} className="panel">
            <h2>{title}</h2>
            <p>{purpose}</p>
            <div className="actions">
              {parties
                .filter((one) => one.role === role)
                .map((one) => (
                  <button key={one.party} type="button" onClick={() => void signIn(one)}>
                    {one.party}
                  </button>
                ))}
            </div>
          </section>
        ))}
      </div>
      <HowItGoes />
    </>
  );
}

function NoWay() {
  return (
    <p>
      Nobody can sign in to the desks of this service yet: it knows no issuer for them. Whoever runs it sets{' '}
      <code>DESK_OIDC_ISSUER</code> and <code>DESK_OIDC_CLIENT_ID</code> (docs/settings.md) and starts it again. The API
      works without.
    </p>
  );
}
