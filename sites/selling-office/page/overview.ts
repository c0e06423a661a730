import type { EntityManager } from '@mikro-orm/postgresql';
import { readCatalogue } from '../catalogue.ts';
import type { Commodity } from '../entities/commodity.entity.ts';
import { Errand } from '../entities/errand.entity.ts';
import { Order } from '../entities/order.entity.ts';
import { html, money, page, time, type Html } from './html.ts';

/** So many of the newest orders are shown. */
const MOST_ORDERS = 100;

/** The shop at a glance: what waits for its people, its orders, its stock. */
export async function overview(em: EntityManager, party: string): Promise<string> {
  const [orders, catalogue, offers] = await Promise.all([
    em.findAll(Order, { orderBy: { createdAt: 'desc', id: 'desc' }, limit: MOST_ORDERS }),
    readCatalogue(em),
    em.findOne(Errand, { kind: 'offers' }),
  ]);
  const demands = new Map((await demandsOf(em, orders)).map((demand) => [demand.subject, demand]));
  const rows = orders.map((order) => orderRow(order, demands.get(order.id)));
  return page(
    `${party}: selling office`,
    html`
      <h1>Selling office of ${party}</h1>
      <h2>Orders</h2>
      <table>
        <thead>
          <tr>
            <th>order</th>
            <th>from</th>
            <th>goods</th>
            <th>charge</th>
            <th>stands at</th>
            <th>payment</th>
          </tr>
        </thead>
        <tbody>
          ${
            rows.length > 0
              ? rows
              : html`<tr>
                  <td colspan="6">No order yet.</td>
                </tr>`
          }
        </tbody>
      </table>
      <h2>Catalogue and stock</h2>
      <p role="status">Offers at the check office: ${offers?.note ?? 'not sent yet'}.</p>
      <table>
        <thead>
          <tr>
            <th>commodity</th>
            <th>charge</th>
            <th>in the shop</th>
            <th>promised</th>
            <th>free</th>
            <th>change</th>
          </tr>
        </thead>
        <tbody>
          ${catalogue.map(commodityRow)}
        </tbody>
      </table>
    `,
  );
}

function demandsOf(em: EntityManager, orders: readonly Order[]): Promise<Errand[]> {
  return em.find(Errand, { kind: 'demand', subject: { $in: orders.map(({ id }) => id) } });
}

function orderRow(order: Order, demand: Errand | undefined): Html {
  return html`<tr>
    <td><a href="/orders/${order.id}">${order.id}</a> ${time(order.createdAt)}</td>
    <td>${order.buyerId}</td>
    <td>${goodsOf(order)}</td>
    <td>${money(order.chargeAmount, order.currency)}</td>
    <td>${standing(order)}</td>
    <td>${paymentOf(order, demand)}</td>
  </tr>`;
}

/** The lines in words: `2 × linen-3m, 1 × tapestry`. */
export function goodsOf({ lines }: Order): string {
  return (lines ?? []).map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
}

/** Where an order stands for the shop. */
export function standing(order: Order): string {
  if (order.decision === 'refused') return `refused: ${order.reason}`;
  if (order.ending) return `ended, ${order.ending}`;
  if (order.decision === 'waiting') return 'to be decided';
  if (order.deliveredAt) return 'delivered';
  return order.decision === 'promised' ? 'promised' : 'not presented';
}

/** What has become of its payment; what was paid and is not the charge says so. */
export function paymentOf(order: Order, demand: Errand | null | undefined): string {
  if (order.paidAt && order.paidAmount !== order.chargeAmount)
    return `paid ${money(order.paidAmount, order.currency)}: not the charge`;
  if (order.paidAt) return 'paid';
  return demand?.note ?? (order.indicatedAt ? 'indicated' : '');
}

function commodityRow({ sku, name, priceAmount, currency, onHand, reserved }: Commodity): Html {
  return html`<tr>
    <td>${name} (${sku})</td>
    <td>${money(priceAmount, currency)}</td>
    <td>${onHand}</td>
    <td>${reserved}</td>
    <td>${onHand - reserved}</td>
    <td>
      <form method="post" action="/commodities">
        <input type="hidden" name="sku" value="${sku}" />
        <label>in the shop <input name="onHand" type="number" min="0" required value="${onHand}" /></label>
        <label
          >charge in minor units <input name="priceAmount" type="number" min="1" required value="${priceAmount}"
        /></label>
        <button>Change ${sku}</button>
      </form>
    </td>
  </tr>`;
}
