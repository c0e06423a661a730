import { useQuery } from '@tanstack/react-query';
import type { Order } from '../../client/index.ts';
import type { CheckStatus } from '../../client/status-list.ts';
import { Mark, When } from '../shared/values.tsx';
import { FATES, toneOf } from './fates.ts';
import { jwksUrlHere } from './jwks-url.ts';

/** The office signs a new list each 15 seconds, and a copy may be as old again: until it has caught up it is read again this often. */
const CATCH_UP_MS = 5_000;

/** What has become of the check: by the office's signed list, verified here as well, and by its register as the order has it. */
export function CheckStatusLines({ order, jws }: { readonly order: Order; readonly jws: string }) {
  const register = order.echeck?.status;
  const fate = useQuery({
    queryKey: ['check-fate', jws, register],
    queryFn: async () => {
      const { readFate } = await import('./verification.ts');
      return readFate(jws, jwksUrlHere());
    },
    placeholderData: (before: CheckStatus | undefined) => before,
    // No event tells of a new list.
    refetchInterval: ({ state }) => (isBehind(state.data, order) ? CATCH_UP_MS : false),
  });
  return (
    <dl className="check-register" aria-live="polite">
      <div>
        <dt>Status</dt>
        <dd>{register === undefined ? '–' : <Mark word={register} />} in the register</dd>
      </div>
      <div>
        <dt>Signed status list</dt>
        <dd>{fate.data ? <Fate status={fate.data} order={order} /> : <Unread error={fate.error} />}</dd>
      </div>
    </dl>
  );
}

function Fate({ status, order }: { readonly status: CheckStatus; readonly order: Order }) {
  const { fate, asOf } = status;
  const { word, means } = FATES[fate];
  const isOld = isBehind(status, order);
  return (
    <>
      <Mark word={isOld ? 'neutral' : toneOf(fate)} of={word} /> {means}
      <small>
        As of <When at={asOf.toISOString()} />
        {isOld && ': from before the last change; the next list comes within half a minute'}.
      </small>
    </>
  );
}

function Unread({ error }: { readonly error: unknown }) {
  if (error === null) return <span aria-busy="true">Reading it…</span>;
  return (
    <span className="unread">Not known: {error instanceof Error ? error.message : 'the list cannot be read'}.</span>
  );
}

/** Whether the list is from before the order's last change. */
function isBehind(status: CheckStatus | undefined, { updatedAt }: Order): boolean {
  return status !== undefined && status.asOf.getTime() < Date.parse(updatedAt);
}
