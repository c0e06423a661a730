import { lazy, type ReactNode } from 'react';
import { Link, NavLink, Outlet, Route, Routes, useLocation } from 'react-router';
import { LiveProvider } from './data/live.tsx';
import { DESKS } from './desks.ts';
import { Connection } from './shared/connection.tsx';
import { Page } from './shared/page.tsx';
import { PartOfPage } from './shared/part-of-page.tsx';
import { Loading } from './shared/states.tsx';
import type { Role } from './session/party.ts';
import { useSession, useSessionControl } from './session/session.tsx';
import { SignInPage } from './session/sign-in.tsx';

const BuyerDesk = lazy(() => import('./buyer/desk.tsx'));
const SellerDesk = lazy(() => import('./seller/desk.tsx'));
const DistributorDesk = lazy(() => import('./distributor/desk.tsx'));
const OfficeDesk = lazy(() => import('./check-office/desk.tsx'));
const OrderPage = lazy(() => import('./order/page.tsx'));

/** Which page stands at which address. The API serves the same page at each of them (`api/pages.ts`). */
export function App() {
  return (
    <Routes>
      <Route path="/" element={<SignInRoute />} />
      <Route element={<SignedIn />}>
        <Route path="/buyer" element={<OwnDesk of="buyer" desk={<BuyerDesk />} />} />
        <Route path="/seller" element={<OwnDesk of="seller" desk={<SellerDesk />} />} />
        <Route path="/distributor" element={<OwnDesk of="distributor" desk={<DistributorDesk />} />} />
        <Route path="/office" element={<OwnDesk of="operator" desk={<OfficeDesk />} />} />
        <Route path="/orders/:orderId" element={<OrderPage />} />
      </Route>
      <Route path="*" element={<NothingHere />} />
    </Routes>
  );
}

function SignInRoute() {
  const { state } = useSessionControl();
  const why = state.is === 'signed_out' ? state.why : undefined;
  return <Frame>{state.is === 'restoring' ? <Loading /> : <SignInPage why={why} />}</Frame>;
}

/** A party's own desk; another party learns whose it is. */
function OwnDesk({ of, desk }: { of: Role; desk: ReactNode }) {
  const session = useSession();
  if (session.role === of) return desk;
  const own = DESKS[session.role];
  return (
    <Page title={DESKS[of].title}>
      <p>
        You are signed in as {session.partyId}. This desk is another party's: go to{' '}
        <Link to={own.path}>{own.title}</Link>, or <Link to="/">sign in as somebody else</Link>.
      </p>
    </Page>
  );
}

/** Whoever is not signed in signs in first, and then is where they wanted to be. One stream of events is followed from page to page. */
function SignedIn() {
  const { state } = useSessionControl();
  const { pathname } = useLocation();
  switch (state.is) {
    case 'restoring':
      return (
        <Frame>
          <Loading />
        </Frame>
      );
    case 'signed_out':
      return (
        <Frame>
          <SignInPage why={state.why} leadsOn />
        </Frame>
      );
    case 'signed_in':
      return (
        <LiveProvider key={state.session.partyId}>
          <Frame>
            <Connection />
            <PartOfPage at={pathname} lines={6}>
              <Outlet />
            </PartOfPage>
          </Frame>
        </LiveProvider>
      );
  }
}

/** What stands around every page. */
function Frame({ children }: { children: ReactNode }) {
  const { state } = useSessionControl();
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="frame">
        <nav aria-label="Main">
          <Link to="/" className="brand">
            Countersign
          </Link>
          {state.is === 'signed_in' && <OwnLinks />}
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer className="frame">
        <a href="/docs/">API documentation</a>
      </footer>
    </>
  );
}

function OwnLinks() {
  const { partyId, role } = useSession();
  const { signOut } = useSessionControl();
  const { path, title } = DESKS[role];
  return (
    <>
      <NavLink to={path}>{title}</NavLink>
      <span className="who">{partyId}</span>
      <button type="button" className="secondary outline small" onClick={() => signOut()}>
        Sign out
      </button>
    </>
  );
}

function NothingHere() {
  return (
    <Frame>
      <Page title="There is nothing at this address">
        <p>
          <Link to="/">Go to the start</Link>
        </p>
      </Page>
    </Frame>
  );
}
