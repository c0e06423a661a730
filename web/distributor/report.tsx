import { useId, useState } from 'react';
import { useParams } from 'react-router';
import type { Order } from '../../client/index.ts';
import { useOnce } from '../data/act.ts';
import { api } from '../data/api.ts';
import { ActButton } from '../shared/act-button.tsx';
import { announce } from '../shared/announce.ts';
import { ProblemAlert } from '../shared/states.tsx';
import { instantOf } from './local-time.ts';
import { useOwnZone } from './own-terms.ts';
import { possibleReports, REPORT_NAMES, type ReportKind } from './reports.ts';

interface Said {
  readonly note: string;
  readonly receivedBy: string;
  /** By the distributor's clock; empty for now. */
  readonly when: string;
}

const NOTHING: Said = { note: '', receivedBy: '', when: '' };

/** Reports how the goods fare: one click each; what belongs to a report can be said beside it. */
export function Report({ order }: { readonly order: Order }) {
  const { onTheWay, never, afterEnd } = possibleReports(order);
  if (onTheWay.length + never.length === 0) return null;
  if (!afterEnd) return <ReportButtons order={order} onTheWay={onTheWay} never={never} />;
  return (
    <details>
      <summary>Report what became of the goods after all</summary>
      <p className="quiet">This order has ended: a report that does not fit its end is shown to the check office.</p>
      <ReportButtons order={order} onTheWay={onTheWay} never={never} />
    </details>
  );
}

function ReportButtons(props: {
  readonly order: Order;
  readonly onTheWay: readonly ReportKind[];
  readonly never: readonly ReportKind[];
}) {
  const { order, onTheWay, never } = props;
  const { orderId: ofPage } = useParams();
  const [said, setSaid] = useState(NOTHING);
  const zone = useOwnZone();
  const report = useReport({ orderId: order.id, zone }, (kind) => {
    setSaid(NOTHING);
    announce(`${order.id}: ${REPORT_NAMES[kind]}`);
  });
  const button = (kind: ReportKind, className?: string) => (
    <ActButton
      key={kind}
      className={className}
      busy={report.isPending && report.variables.kind === kind}
      disabled={report.isPending}
      onClick={() => report.mutate({ kind, ...said })}
    >
      {REPORT_NAMES[kind]}
    </ActButton>
  );
  return (
    <div className="report">
      <div className="actions">
        {onTheWay.map((kind, place) => button(kind, place === 0 ? undefined : 'outline'))}
        {never.length > 0 && <span className="actions apart">{never.map((kind) => button(kind, 'danger'))}</span>}
      </div>
      <details open={ofPage === order.id}>
        <summary>Note, receiver, time</summary>
        <ReportFields {...{ order, said, zone }} onChange={setSaid} />
      </details>
      {report.error !== null && <ProblemAlert error={report.error} />}
    </div>
  );
}

/** Each report has an id of its own, which stays the same until the API has taken or refused it: a repeat is the same event. */
function useReport(
  { orderId, zone }: { readonly orderId: string; readonly zone?: string },
  onDone: (kind: ReportKind) => void,
) {
  return useOnce(
    `report of ${orderId}`,
    ({ kind, note, receivedBy, when }: Said & { readonly kind: ReportKind }, eventId) =>
      api.POST('/v1/orders/{orderId}/distribution-events', {
        params: { path: { orderId } },
        body: {
          eventId,
          kind,
          occurredAt: (zone === undefined ? undefined : instantOf(when, zone)) ?? new Date().toISOString(),
          ...(kind === 'delivered' && receivedBy.trim() && { receivedBy: receivedBy.trim() }),
          ...(kind !== 'delivered' && note.trim() && { note: note.trim() }),
        },
      }),
    (_accepted, { kind }) => onDone(kind),
  );
}

function ReportFields(props: {
  readonly order: Order;
  readonly said: Said;
  readonly zone?: string;
  readonly onChange: (said: Said) => void;
}) {
  const { order, said, zone, onChange } = props;
  const names = useId();
  return (
    <div className="actions">
      <label className="grows">
        Note
        <input
          maxLength={500}
          placeholder="for all but Delivered; it is kept as written"
          value={said.note}
          onChange={({ target }) => onChange({ ...said, note: target.value })}
        />
      </label>
      <label>
        Received by
        <input
          maxLength={200}
          list={names}
          autoComplete="off"
          placeholder="for Delivered"
          value={said.receivedBy}
          onChange={({ target }) => onChange({ ...said, receivedBy: target.value })}
        />
        <datalist id={names}>{order.deliverTo && <option>{order.deliverTo.name}</option>}</datalist>
      </label>
      <label>
        When{zone !== undefined && ` in ${zone}`} (empty: now)
        <input
          type="datetime-local"
          disabled={zone === undefined}
          value={said.when}
          onChange={({ target }) => onChange({ ...said, when: target.value })}
        />
      </label>
    </div>
  );
}
