import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { When } from '../../shared/values.tsx';
import type { Schemas } from '../data.ts';
import { labelOf } from '../interventions.tsx';
import { placeToLook, type Parties } from './place-to-look.ts';

/** Why an order is stuck, in words: what it means, who must act, what to do, and when it is tried next. */
export function Trouble(props: {
  readonly step: string;
  readonly reason: string;
  readonly waitingOn?: string;
  readonly diagnosis?: Schemas['Diagnosis'];
  /** The order, as far as it is known: its parties. */
  readonly order: Parties;
}) {
  const { diagnosis, order } = props;
  const step = diagnosis?.step ?? props.step;
  const reason = diagnosis?.reason ?? props.reason;
  const waitingOn = diagnosis?.waitingOn ?? props.waitingOn;
  const place = placeToLook(reason, order, waitingOn);
  return (
    <div className="trouble">
      <p>
        <strong>{reason}</strong> at the step <code>{step}</code>
        {diagnosis?.meaning && <>: {diagnosis.meaning}.</>}
      </p>
      {diagnosis?.whatToDo && <p className="next-step">What to do: {atThisDesk(diagnosis.whatToDo)}.</p>}
      {place && (
        <p>
          <Link to={place.path}>{place.label}</Link>
        </p>
      )}
      <dl className="pairs">
        {waitingOn && <Pair name="Who must act">{waitingOn}</Pair>}
        {diagnosis && <Tries of={diagnosis} />}
        {diagnosis?.report && (
          <Pair name="Reported after the end">
            {diagnosis.report.kind} <When at={diagnosis.report.occurredAt} />
          </Pair>
        )}
        {diagnosis?.workflow && diagnosis.workflow.status !== 'RUNNING' && (
          <Pair name="Workflow">{diagnosis.workflow.status.toLowerCase()}</Pair>
        )}
      </dl>
      {diagnosis && diagnosis.unchecked.length > 0 && (
        <p className="facts">Could not be asked: {diagnosis.unchecked.join(', ')}. What it alone knows is not shown.</p>
      )}
    </div>
  );
}

function Tries({ of: { attempt, lastFailure, nextAttemptAt } }: { readonly of: Schemas['Diagnosis'] }) {
  return (
    <>
      {attempt !== null && (
        <Pair name="Tried">
          {attempt} {attempt === 1 ? 'time' : 'times'}
        </Pair>
      )}
      {nextAttemptAt !== null && (
        <Pair name="Next try">
          <When at={nextAttemptAt} />
        </Pair>
      )}
      {lastFailure !== null && <Pair name="Last error">{lastFailure}</Pair>}
    </>
  );
}

function Pair({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/**
 * The advice as the documentation has it names commands in backticks. Those for which there is a button here are called as it is; how to
 * change a registration by the API is left out: the link to it stands below.
 */
function atThisDesk(text: string): ReactNode {
  const parts = text.replaceAll(/ \(`(?:GET|PUT)[^)]*\)/g, '').split('`');
  return parts.map((part, index) => {
    if (index % 2 === 0) return part;
    const button = /^ops (\w+)$/.exec(part)?.[1];
    const decision = DECISIONS.find((one) => one === button);
    return decision ? <strong key={index}>{labelOf(decision)}</strong> : <code key={index}>{part}</code>;
  });
}

const DECISIONS = ['retry', 'resume', 'acknowledge', 'abort'] as const;
