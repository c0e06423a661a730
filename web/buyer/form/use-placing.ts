import { useNavigate } from 'react-router';
import { useOnce } from '../../data/act.ts';
import { api } from '../../data/api.ts';
import { useSession } from '../../session/session.tsx';
import type { OrderRequest } from './draft.ts';

/**
 * Places an order, its check bound to this browser's key where it has one, and opens its page. The same request again, after an answer
 * was lost, is the same order.
 */
export function usePlacing() {
  const { partyId } = useSession();
  const navigate = useNavigate();
  return useOnce(
    'order',
    async (request: OrderRequest, key) => {
      const { keepTerminalKey, terminalKeyOf } = await import('../../terminal-key/terminal-key.ts');
      const terminal = await terminalKeyOf(partyId);
      if (terminal) void keepTerminalKey();
      return api.POST('/v1/orders', {
        params: { header: { 'Idempotency-Key': key } },
        body: { ...request, ...(terminal && { terminalKey: terminal.publicKey }) },
      });
    },
    (order) => {
      if (order) void navigate(`/orders/${order.id}`);
    },
  );
}
