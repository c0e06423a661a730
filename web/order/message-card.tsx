import { useQuery } from '@tanstack/react-query';
import { Mark, When } from '../shared/values.tsx';
import { KINDS, VERDICTS, VERDICT_TONES } from './message-words.ts';
import type { Fit, JudgedMessage, OrderMessages, PartyMessage } from './receipts.ts';

/** One message: who wrote to whom, what came back, and whether the signatures fit. */
export function MessageCard({ one, office }: { readonly one: PartyMessage; readonly office: OrderMessages['office'] }) {
  const { kind, from, to, sentAt, attempts, verdict, receiptedAt, fault } = one;
  return (
    <li className="message">
      <header>
        <strong>{KINDS[kind]}</strong>
        <span>
          {from} → {to}
        </span>
        {verdict ? (
          <Mark word={VERDICT_TONES[verdict]} of={VERDICTS[verdict]} />
        ) : (
          <Mark word="wait" of="No receipt yet" />
        )}
      </header>
      <p className="facts">
        Sent <When at={sentAt} />, {attempts === 1 ? 'one try' : `${attempts} tries`}
        {receiptedAt !== null && (
          <>
            ; receipt <When at={receiptedAt} />
          </>
        )}
      </p>
      {fault && (
        <p className="note wait">
          The last try, <When at={fault.at} />: {fault.reason}. {fault.detail}
        </p>
      )}
      <Judgement one={one} office={office} />
    </li>
  );
}

/** What is judged here is judged by the keys that came along: that it fits, not whose they are. */
function Judgement({ one, office }: { readonly one: PartyMessage; readonly office: OrderMessages['office'] }) {
  const { data } = useQuery({
    queryKey: ['judged', one.id, one.message, one.receipt],
    queryFn: async () => {
      const { judgeMessage, saidIn } = await import('./receipts.ts');
      const said = { message: one.message && saidIn(one.message), receipt: one.receipt && saidIn(one.receipt) };
      return { ...(await judgeMessage(one, office)), said };
    },
    staleTime: Infinity,
  });
  if (!data) return <p className="facts">The signatures are being checked …</p>;
  return (
    <>
      <p className="facts">{wordsFor(data, one)}</p>
      {one.message !== null && <Text name="Message" jws={one.message} says={data.said.message} />}
      {one.receipt !== null && <Text name="Receipt" jws={one.receipt} says={data.said.receipt} />}
    </>
  );
}

function wordsFor({ message, receipt }: JudgedMessage, { to }: PartyMessage) {
  return (
    <>
      <Fitting
        fit={message}
        fits="✓ The message fits the office's key"
        fails="✗ The message does not fit the office's keys"
        missing="The message itself is withheld"
      />
      {' · '}
      <Fitting
        fit={receipt}
        fits={`✓ The receipt fits its key (${to})`}
        fails="✗ The receipt does not fit its key"
        missing="Not receipted"
      />
    </>
  );
}

function Fitting(props: {
  readonly fit: Fit;
  readonly fits: string;
  readonly fails: string;
  readonly missing: string;
}) {
  const { fit, fits, fails, missing } = props;
  if (fit === 'missing') return missing;
  return fit === 'fits' ? <span className="good">{fits}</span> : <strong className="bad">{fails}</strong>;
}

function Text({ name, jws, says }: { readonly name: string; readonly jws: string; readonly says: unknown }) {
  return (
    <details>
      <summary>{name}</summary>
      <pre>{JSON.stringify(says, undefined, 2)}</pre>
      <pre className="jws">{jws}</pre>
    </details>
  );
}
