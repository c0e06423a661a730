import type { z } from 'zod';
import type { SituationReport } from '../../domain/delivery.ts';
import type { OrderId } from '../../domain/ids.ts';
import { judgeDate } from '../../domain/dispatch.ts';
import { isEnded, mayHaveDateFixed, type OrderView } from '../../domain/order.ts';
import { isSameText } from '../../domain/text.ts';
import { openAddress, raiseUnattended, readDispatchFacts, recordReport } from '../../office/orders/index.ts';
import { ForgottenError, UnsealableError } from '../../platform/sealing.ts';
import { deliveryConfirmed, distributionEvent, schedule } from '../../workflows/messages/definitions.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint } from '../http/endpoint.ts';
import { Problem, invalidField } from '../http/problem.ts';
import { accepted, delivery, distributionEvent as eventSchema } from './action-schemas.ts';
import { orderJson } from './json.ts';
import { order as orderSchema, orderParams } from './schema.ts';
import { sendUpdate } from './send-update.ts';

const tag = 'Distributor';

export const scheduleDelivery = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/schedule',
  operationId: 'scheduleDelivery',
  tag,
  summary: 'Fix the date and time of the delivery, or move it',
  params: orderParams,
  body: delivery,
  responses: { 200: { description: 'The order as it now stands.', schema: orderSchema } },
  description:
    "Within the distributor's own terms: not before the goods can be there, on a service day, inside the service window. Otherwise " +
    'nothing changes, and `nextPossible` is the next date that would go. A date that is fixed may be moved until the goods are there.',
  problems: ['illegal-transition', 'party-suspended', 'outside-service'],
  answer: async ({ order, party, body: { deliverAt } }, deps) => {
    if (isOnRecord(order.view, deliverAt)) return { status: 200, body: await orderJson(order, party, deps) };
    const judgedBy = await refuseOutsideService(deps, order.view, deliverAt);
    const message = { actor: party.id, deliverAt };
    const request = [deliverAt, judgedBy, ...placeInTime(order.view)];
    return sendUpdate(deps, { order, party, update: schedule, message, request });
  },
});

/**
 * A date that is moved to and fro may be moved to the same day twice: what came since the last move tells one from the other. The first
 * date is fixed once.
 */
function placeInTime({ stage, updatedAt }: OrderView): string[] {
  return stage === 'accepted' ? [] : [updatedAt];
}

/** The date is the order's already: a repetition, which no rule of a later moment refuses. */
function isOnRecord({ stage, distribution }: OrderView, deliverAt: string): boolean {
  if (isEnded(stage)) return false;
  return distribution?.deliverAt != null && Date.parse(distribution.deliverAt) === Date.parse(deliverAt);
}

/**
 * Refuses a date that the distributor's terms do not allow before the order hears of it: however often, it costs the order
 * nothing. Answers by which version of the terms it is good: the same date may be sent again once they have changed. The step
 * judges again in its transaction.
 */
async function refuseOutsideService(
  deps: ApiDeps,
  { id, stage }: OrderView,
  deliverAt: string,
): Promise<number | null> {
  // Earlier and later no date can be fixed, as the order itself says.
  if (!mayHaveDateFixed(stage)) return null;
  const facts = await readDispatchFacts(deps.orm.em.fork(), id);
  // Of a person who was forgotten nothing can be judged here: the order itself then stands still, and says why.
  const place = await openAddress(deps.sealer, facts.deliverToSealed);
  const judged = place ? judgeDate(new Date(deliverAt), { ...facts, place }, deps.clock()) : 'possible';
  if (judged === 'possible') return facts.termsVersion;
  const nextPossible = judged.nextPossible?.toISOString();
  throw new Problem('outside-service', judged.detail, { extensions: { nextPossible, orderId: id } });
}

export const reportDistributionOfOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/distribution-events',
  operationId: 'reportDistribution',
  tag,
  summary: 'Report what happened on the way, or the delivery',
  description:
    'On record whatever has become of the order, also while workers are down. Repeats are harmless; order does not matter. ' +
    'A report that does not fit an order that has ended is shown to an operator.',
  params: orderParams,
  body: eventSchema,
  responses: { 202: { description: 'On record, permanently.', schema: accepted } },
  problems: ['event-id-reused'],
  answer: async ({ order, body }, deps) => {
    await reportDistribution(deps, order.view, body);
    return { status: 202, body: { status: 'accepted' } };
  },
});

type Event = z.output<typeof eventSchema>;

/** A distributor's clock may be ahead of ours by as much. */
const AHEAD_MS = 5 * 60 * 1000;

/**
 * Puts a distributor's report on record, permanently, then leaves it with the order's workflow as a signal that waits for
 * workers as long as it must. What was reported before is not reported again. An order that has ended gets no signal: its record has the report.
 */
async function reportDistribution(deps: ApiDeps, view: OrderView, event: Event): Promise<void> {
  const orderId = view.id;
  refuseImpossibleTime(view, event, deps.clock());
  const report = await sealedReport(deps, view, event);
  const recorded = await deps.orm.em
    .fork()
    .transactional((tx) => recordReport(tx, orderId, view.distributorId, report));
  if (!recorded.ok) throw new Problem('not-found', recorded.detail);
  const { isNew, known, ended } = recorded.value;
  if (!isNew && !(await saysTheSame(deps, known, event))) throw reused(event);
  if (!ended) await sendReport(deps, orderId, known);
}

/** What was on record first is what the workflow gets, so that both always say the same. */
async function sendReport(deps: ApiDeps, orderId: OrderId, report: SituationReport): Promise<void> {
  const { eventId, kind, occurredAt, note, receivedBySealed: receivedBy } = report;
  const signalId = `report:${eventId}`;
  const outcome =
    kind === 'delivered'
      ? await deps.gateway.signal(
          orderId,
          deliveryConfirmed,
          [{ eventId, deliveredAt: occurredAt, receivedBy }],
          signalId,
        )
      : await deps.gateway.signal(orderId, distributionEvent, [{ eventId, kind, occurredAt, note }], signalId);
  if (outcome === 'sent') return;
  const status = outcome === 'full' ? 'MessageLimit' : await deps.gateway.health.status(orderId);
  if (status !== 'running') await deps.orm.em.fork().transactional((tx) => raiseUnattended(tx, orderId, status));
}

async function sealedReport(deps: ApiDeps, view: OrderView, event: Event): Promise<SituationReport> {
  const { eventId, kind, occurredAt, receivedBy, note } = event;
  const received = kind === 'delivered' && receivedBy !== undefined;
  return {
    eventId,
    kind,
    occurredAt,
    ...(kind !== 'delivered' && note !== undefined && { note }),
    ...(received && { receivedBySealed: await deps.sealer.seal(view.buyerId, receivedBy) }),
  };
}

function refuseImpossibleTime({ createdAt }: OrderView, { occurredAt }: Event, now: Date): void {
  const time = Date.parse(occurredAt);
  // A clock that counts whole seconds is not before an order of the same second.
  if (time >= Math.floor(Date.parse(createdAt) / 1000) * 1000 && time <= now.getTime() + AHEAD_MS) return;
  const detail = 'must not lie before the order, nor more than 5 minutes ahead';
  throw invalidField('/occurredAt', detail, `The occurredAt ${detail}.`);
}

/** A system that repeats a report may give it another time: of the times, the first stays on record. */
async function saysTheSame(deps: ApiDeps, known: SituationReport, event: Event): Promise<boolean> {
  const note = event.kind === 'delivered' ? undefined : event.note;
  if (known.kind !== event.kind || !isSameText(known.note ?? '', note ?? '')) return false;
  return event.kind !== 'delivered' || isReceiver(deps, known.receivedBySealed, event.receivedBy);
}

/** Who received the goods is sealed again each time: opened, it must be the same. */
async function isReceiver(deps: ApiDeps, sealed: string | undefined, receivedBy: string | undefined): Promise<boolean> {
  if (sealed === undefined || receivedBy === undefined) return sealed === receivedBy;
  try {
    return isSameText(await deps.sealer.open<string>(sealed), receivedBy);
  } catch (error) {
    if (error instanceof ForgottenError) return true;
    // Somebody signalled it by hand, with what was never sealed here.
    if (error instanceof UnsealableError) return false;
    throw error;
  }
}

function reused({ eventId }: Event): Problem {
  return new Problem('event-id-reused', `The event ${eventId} came before with another content.`);
}
