import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Order } from '../../client/index.ts';
import { Loading, ProblemAlert } from '../shared/states.tsx';
import { Mark, When } from '../shared/values.tsx';
import { CheckStatusLines } from './check-status.tsx';
import { DrawnCheck } from './drawn-check.tsx';
import { jwksUrlHere } from './jwks-url.ts';
import type { CheckVerdict } from './verification.ts';
import './check.css';

/**
 * The order's check as whoever looks may know it: drawn and verified here in the browser for those who hold it (buyer, and seller from
 * the presentation on), for the others what the register says. Nothing while the order has none.
 */
export function ElectronicCheck({ order }: { readonly order: Order }) {
  const { echeck } = order;
  if (!echeck) return null;
  return (
    <section className="check-region" aria-label="Electronic check">
      {echeck.jws === undefined ? <Registered echeck={echeck} /> : <Held order={order} jws={echeck.jws} />}
    </section>
  );
}

function Held({ order, jws }: { readonly order: Order; readonly jws: string }) {
  const { id, buyerId, sellerId, distributorId, charge, echeck } = order;
  const number = echeck?.number ?? '';
  const verdict = useQuery({
    queryKey: ['check-verdict', jws, { id, buyerId, sellerId, distributorId, charge, number }],
    queryFn: async () => {
      const { verifyCheck } = await import('./verification.ts');
      return verifyCheck(jws, { order, jwksUrl: jwksUrlHere() });
    },
  });
  if (verdict.error !== null)
    return (
      <>
        <Sentence good={false}>Not verified yet: the public keys of the check office cannot be read just now.</Sentence>
        <ProblemAlert error={verdict.error} onRetry={() => void verdict.refetch()} />
      </>
    );
  if (verdict.data === undefined) return <Loading lines={5} what="Verifying the check" />;
  return (
    <>
      {verdict.data.verified && <DrawnCheck check={verdict.data.check} signature={verdict.data.signature} />}
      <div aria-live="polite" className="check-verdict">
        <VerdictLines verdict={verdict.data} number={number} />
      </div>
      {verdict.data.verified && <CheckStatusLines jws={jws} order={order} />}
    </>
  );
}

function VerdictLines({ verdict, number }: { readonly verdict: CheckVerdict; readonly number: string }) {
  if (!verdict.verified)
    return (
      <div role="alert">
        <Sentence good={false}>
          <strong>Signature not verified</strong>. {verdict.why}
        </Sentence>
        <p>
          Do not rely on {number}: nothing that it says is shown. The check office can be asked what its register has
          under this number.
        </p>
      </div>
    );
  const { signature, check, time } = verdict;
  return (
    <>
      <Sentence good>
        <strong>Signature verified</strong> in this browser, by the public key <code>{signature.keyId}</code> of{' '}
        {signature.issuer}; its number, the ids of its parties and its amount are the order's. Goods and address stand
        in it as a salted digest: the check office compares them when it is presented.
      </Sentence>
      {time === 'over' && (
        <p>
          It has expired <When at={check.expiresAt.toISOString()} />.
        </p>
      )}
      {time === 'not_yet' && <p>It is not valid yet: is the clock of this device right?</p>}
    </>
  );
}

function Sentence({ good, children }: { readonly good: boolean; readonly children: ReactNode }) {
  return (
    <p className={good ? 'check-sentence good' : 'check-sentence bad'}>
      <span aria-hidden="true">{good ? '✓' : '✗'}</span> <span>{children}</span>
    </p>
  );
}

/** What the register says, for those who do not hold the check itself. */
function Registered({ echeck }: { readonly echeck: NonNullable<Order['echeck']> }) {
  const { number, status, expiresAt } = echeck;
  return (
    <dl className="check-register">
      <div>
        <dt>Number</dt>
        <dd>{number}</dd>
      </div>
      {status !== undefined && (
        <div>
          <dt>Status</dt>
          <dd>
            <Mark word={status} />
          </dd>
        </div>
      )}
      {expiresAt !== undefined && (
        <div>
          <dt>Valid until</dt>
          <dd>
            <When at={expiresAt} />
          </dd>
        </div>
      )}
    </dl>
  );
}
