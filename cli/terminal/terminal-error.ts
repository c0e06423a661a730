import type { Problem } from '../../client/index.ts';

/** What a command ends with when it cannot go on: what is wrong, and what to do next. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  /** The stable slug of the office's refusal, where there is one. */
  readonly slug: string | undefined;
  readonly nextStep: string;

  constructor(message: string, nextStep: string, slug?: string) {
    super(message);
    this.nextStep = nextStep;
    this.slug = slug;
  }
}

const AGAIN = 'npm run terminal --';

/** By the slug of a problem, what its reader does about it. What stands in `detail` is not repeated. */
const NEXT_STEPS: Readonly<Record<string, string>> = {
  unauthorized: 'Give a good token: --token, or COUNTERSIGN_TOKEN in the environment.',
  forbidden: "The token is not a buyer's: give one that is, with --token or COUNTERSIGN_TOKEN.",
  'not-found': `Look at the id (sellers: ${AGAIN} charges), and at whose token it is: --token, or --as.`,
  'credit-declined': 'Order less, or ask the check office for a deposit or a longer credit line.',
  'seller-not-registered': `Choose another seller: ${AGAIN} charges`,
  'distributor-not-registered': 'Choose another distributor: --distributor',
  'unknown-commodity': `See what the seller offers: ${AGAIN} charges SELLER`,
  'price-changed': `Look at the charges again, and order at those: ${AGAIN} charges SELLER`,
  'not-deliverable': 'Choose another distributor, or another address.',
  'settlement-not-offered': 'Leave --settle-on out.',
  'echeck-invalid': 'Present with the key that the order was made with (--key FILE), and nothing changed.',
  'illegal-transition': `See where the order stands: ${AGAIN} follow ORDER`,
  'idempotency-key-reused': 'Leave --idempotency-key out, or use the very same order again.',
  'invalid-request': `See the options: ${AGAIN} --help`,
};

/** The office's refusal in the reader's words. */
export function refused(status: number, problem: Problem | undefined): TerminalError {
  const slug = problem?.type.split('/').at(-1);
  const places = placesOf(problem).map((place) => `\n  ${place}`);
  const message = `${problem?.detail ?? `The check office answered ${status}.`}${places.join('')}`;
  return new TerminalError(message, NEXT_STEPS[slug ?? ''] ?? 'Try again later, or ask the check office.', slug);
}

function placesOf(problem: Problem | undefined): string[] {
  const errors: unknown = Object(problem)['errors'];
  if (!Array.isArray(errors) || errors.length < 2) return [];
  return errors.map((error: unknown) => `${String(Object(error)['pointer'])}: ${String(Object(error)['detail'])}`);
}
