import type { EntityManager } from '@mikro-orm/postgresql';
import { decodeJwt } from 'jose';
import { Errand } from '../entities/errand.entity.ts';
import { Message } from '../entities/message.entity.ts';
import { Order } from '../entities/order.entity.ts';
import { html, money, page, time, type Html } from './html.ts';
import { goodsOf, paymentOf, standing } from './overview.ts';

/** One order with everything that was said about it; `undefined` when the shop does not know it. */
export async function orderPage(em: EntityManager, id: string): Promise<string | undefined> {
  const order = await em.findOne(Order, { id });
  if (!order) return undefined;
  const [demand, messages] = await Promise.all([
    em.findOne(Errand, { kind: 'demand', subject: id }),
    em.find(Message, { orderId: id }, { orderBy: { receiptedAt: 'asc' } }),
  ]);
  return page(
    id,
    html`
      <p><a href="/">All orders</a></p>
      <h1>${id}</h1>
      <p role="status">${standing(order)}</p>
      ${order.decision === 'waiting' && !order.endedAt ? decisionForms(id) : null}
      <dl>
        <dt>check</dt>
        <dd>${order.number}</dd>
        <dt>from</dt>
        <dd>${order.buyerId}</dd>
        <dt>goods</dt>
        <dd>${goodsOf(order)}</dd>
        <dt>charge</dt>
        <dd>${money(order.chargeAmount, order.currency)}</dd>
        <dt>to</dt>
        <dd>${addressOf(order)}</dd>
        <dt>by</dt>
        <dd>${order.distributorId}</dd>
        <dt>payment indicated</dt>
        <dd>${time(order.indicatedAt)}</dd>
        <dt>delivered</dt>
        <dd>${time(order.deliveredAt)}</dd>
        <dt>payment</dt>
        <dd>${paymentOf(order, demand)} ${time(order.paidAt)}</dd>
      </dl>
      <h2>Messages and receipts</h2>
      <ol>
        ${messages.map(messageItem)}
      </ol>
    `,
  );
}

function decisionForms(id: string): Html {
  return html`<form method="post" action="/orders/${id}/acceptance"><button>Accept</button></form>
    <form method="post" action="/orders/${id}/refusal">
      <label>because <input name="reason" required maxlength="500" /></label> <button>Refuse</button>
    </form>`;
}

function addressOf({ deliverTo }: Order): string {
  if (!deliverTo) return '';
  const { name, company, street, street2, postalCode, city, region, country, phone, note } = deliverTo;
  const parts = [name, company, street, street2, postalCode, city, region, country, phone, note];
  return parts.filter((part) => part !== undefined).join(', ');
}

function messageItem({ kind, message, receipt, receiptedAt }: Message): Html {
  return html`<li>
    <strong>${kind}</strong>, answered ${verdictIn(receipt)} ${time(receiptedAt)}
    <details>
      <summary>as it was signed</summary>
      <pre>${message}</pre>
      <pre>${receipt}</pre>
    </details>
  </li>`;
}

/** The shop's own receipt: what it says needs no proof here. */
function verdictIn(receipt: string): string {
  return String(decodeJwt(receipt)['verdict']);
}
