import type { ReactNode } from 'react';
import type { Order } from '../../client/index.ts';
import { useAct } from '../data/act.ts';
import { api } from '../data/api.ts';
import { hasEnded } from '../data/orders.ts';
import { ActButton } from '../shared/act-button.tsx';
import { isStoppable } from './stoppable.ts';

/** What ends a healthy order as its buyer could end it, or stops its check: the buttons, and what one of them failed with. */
export function useEnds(order: Order, { stuck, reason }: { readonly stuck: boolean; readonly reason: string }) {
  const path = { orderId: order.id };
  const cancel = useAct((why: string) =>
    api.POST('/v1/orders/{orderId}/cancellation', { params: { path }, body: { reason: why } }),
  );
  const number = order.echeck?.number ?? '';
  const stop = useAct((why: string) =>
    api.POST('/v1/echecks/{number}/stop', { params: { path: { number } }, body: { reason: why } }),
  );
  const given = reason.trim();
  const isBusy = cancel.isPending || stop.isPending;
  const end = (label: string, act: typeof cancel | typeof stop): ReactNode => (
    <ActButton
      busy={act.isPending}
      disabled={isBusy || given === ''}
      className="danger"
      onClick={() => act.mutate(given)}
    >
      {label}
    </ActButton>
  );
  const open = !hasEnded(order);
  return {
    error: cancel.error ?? stop.error,
    buttons: (
      <>
        {open && isStoppable(order.echeck?.status) && end('Stop check', stop)}
        {open && !stuck && order.stage !== 'delivered' && end('Cancel order', cancel)}
      </>
    ),
  };
}
