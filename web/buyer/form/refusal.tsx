import { Link } from 'react-router';
import { troubleOf } from '../../data/problems.ts';
import { ProblemAlert } from '../../shared/states.tsx';

/** Why the order was not placed; with a link to it where it was begun, for a refused order stays on record. */
export function Refusal({ error }: { readonly error: unknown }) {
  const { orderId } = Object(error) as { readonly orderId?: unknown };
  const { fields, slug } = troubleOf(error);
  if (fields.length > 0 && fields.every(({ pointer }) => SHOWN_AT_FIELDS.test(pointer)))
    return (
      <p role="alert" className="note">
        Nothing was ordered. Look at what is marked above, and place the order again.
      </p>
    );
  return (
    <>
      <ProblemAlert error={error} next={slug === undefined ? NO_ANSWER : NEXT[slug]} />
      {typeof orderId === 'string' && (
        <p>
          What was refused stays on record: <Link to={`/orders/${orderId}`}>{orderId}</Link>
        </p>
      )}
    </>
  );
}

/** What is wrong there stands beside the field itself. */
const SHOWN_AT_FIELDS = /^\/(deliverTo|lines)\/.|^\/(sellerId|distributorId|settleOn)$/;

const NO_ANSWER =
  'The order may have been taken all the same. Place it again as it stands: that is the same order, not a second one.';

/** What to do at this desk; for programs the catalogue of problems says more. */
const NEXT: Readonly<Record<string, string>> = {
  'credit-declined': 'Order less, or ask the check office to book a deposit or to raise the credit line.',
  'seller-not-registered': 'Choose another seller.',
  'distributor-not-registered': 'Choose another distributor.',
  'unknown-commodity': 'The offers have been read again: look at the basket, and place the order once more.',
  'not-deliverable': 'Change the goods or the address, or choose another distributor.',
  'price-changed': 'The prices have been read again: look at the sum, and place the order once more.',
  'settlement-not-offered': 'Choose another time at which the seller is paid, or leave it as registered.',
  'service-unavailable': NO_ANSWER,
};
