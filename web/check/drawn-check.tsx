import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Echeck } from '../../client/echeck.ts';
import type { Money as Sum } from '../../client/index.ts';
import { query } from '../data/api.ts';
import { Money, When } from '../shared/values.tsx';
import { guillocheOf } from './guilloche.ts';
import type { Signature } from './verification.ts';

/** A verified check, drawn as one: all of it is what its signature covers, but for the payee's registered name. */
export function DrawnCheck({ check, signature }: { readonly check: Echeck; readonly signature: Signature }) {
  const { number, sellerId, distributorId, buyerId, terminalId, orderId, charge, issuedAt, expiresAt } = check;
  const name = usePayeeName(sellerId);
  return (
    <div className="echeck">
      <Guilloche signature={signature.text} />
      <p className="echeck-number">
        <span>{signature.issuer}</span>
        <span>
          No. <code>{number}</code>
        </span>
      </p>
      <dl>
        <Line what="Pay to the order of" className="payee">
          {sellerId}
          {name !== undefined && (
            <small>
              {' '}
              registered as <bdi>{name}</bdi>
            </small>
          )}
        </Line>
        <Line what="Amount" className="figures">
          <Money of={charge as Sum} />
        </Line>
        <Line what="In words" className="words">
          <InWords of={charge as Sum} />
        </Line>
        <Line what="Date of issue">
          <When at={issuedAt.toISOString()} />
        </Line>
        <Line what="Valid until">
          <When at={expiresAt.toISOString()} />
        </Line>
        <Line what="Drawn on the account of">
          {buyerId} <small>at {terminalId}</small>
        </Line>
        <Line what="For">
          {orderId} <small>delivered by {distributorId}</small>
        </Line>
      </dl>
      <p className="echeck-signature">
        <span className="autograph" title={signature.text}>
          {signature.text}
        </span>
        <small>
          Signed by {signature.issuer}, key <code>{signature.keyId}</code>
        </small>
      </p>
    </div>
  );
}

function Line(props: { readonly what: string; readonly className?: string; readonly children: ReactNode }) {
  const { what, className, children } = props;
  return (
    <div className={className}>
      <dt>{what}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The words come a moment after the figures: what makes them is loaded only here. */
function InWords({ of }: { readonly of: Sum }) {
  const { data } = useQuery({
    queryKey: ['in-words', of],
    queryFn: async () => (await import('./words.ts')).amountInWords(of),
    staleTime: Infinity,
  });
  return data === undefined ? <span aria-busy="true">…</span> : data;
}

/** The name under which the payee is registered, where it is (still) on the list of sellers. */
function usePayeeName(sellerId: string): string | undefined {
  const { data } = query.useQuery('get', '/v1/sellers', {}, { staleTime: 300_000 });
  return data?.data.find(({ id }) => id === sellerId)?.name;
}

function Guilloche({ signature }: { readonly signature: string }) {
  return (
    <svg className="guilloche" viewBox="-104 -104 208 208" aria-hidden="true" focusable="false">
      <path d={guillocheOf(signature)} />
    </svg>
  );
}
