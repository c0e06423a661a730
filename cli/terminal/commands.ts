import { randomUUID } from 'node:crypto';
import { Command, Option } from 'commander';
import type { Order } from '../../client/index.ts';
import { type BasketOptions, fillBasket, lineOption, readCharges } from './basket.ts';
import { followOrder } from './follow.ts';
import { money, table } from './screen.ts';
import { ask, DEFAULT_KEY, openSession, type Session, type SessionOptions } from './session.ts';
import { TerminalError } from './terminal-error.ts';
import { indicatePayment, placeOrder, presentCheck, readOrder, verifyCheck } from './steps.ts';

const COMPLETED = 'completed';
const AGAIN = 'npm run terminal --';

/** What a command leaves to say when somebody ends it: how to go on. */
export interface Interrupted {
  hint: string;
}

/** Every command of the terminal. `interrupted` is kept up to date for Ctrl-C. */
export function terminalCommands(interrupted: Interrupted): Command[] {
  return [
    chargesCommand(),
    orderCommand(interrupted),
    presentCommand(interrupted),
    payCommand(interrupted),
    followCommand(interrupted),
    buyCommand(interrupted),
  ];
}

function chargesCommand(): Command {
  return sessionCommand('charges', 'what sellers offer, and at what charge')
    .argument('[seller]', 'one seller alone')
    .action(async (seller: string | undefined, _options: unknown, command: Command) => {
      const session = await sessionOf(command);
      const sellers = seller === undefined ? await readSellers(session) : [{ id: seller, name: seller }];
      for (const { id, name } of sellers) await showCharges(session, id, name);
      session.screen.hint(`Order: ${AGAIN} buy --seller ${sellers[0]?.id ?? 'SELLER'} --line SKU=QUANTITY`);
    });
}

async function readSellers(session: Session): Promise<readonly { readonly id: string; readonly name: string }[]> {
  return (await ask(session, () => session.client.GET('/v1/sellers'))).data;
}

async function showCharges(session: Session, sellerId: string, name: string): Promise<void> {
  const commodities = await readCharges(session, sellerId);
  const rows = commodities.map((one) => [`  ${one.sku}`, one.name, money(one.price)]);
  const title = name === sellerId ? sellerId : `${sellerId} (${name})`;
  session.screen.show('charges', [title, ...table(rows)].join('\n'), { sellerId, commodities });
}

function orderCommand(interrupted: Interrupted): Command {
  return basketCommand('order', 'order, and verify the e-check that comes back').action(async (_, command: Command) => {
    const session = await sessionOf(command);
    const options = command.opts<BasketOptions>();
    const order = await orderOnce(session, options, interrupted);
    interrupted.hint = goOn('present', order.id);
    if (order.echeck) await verifyCheck(session, order);
    session.screen.hint(`Next: ${AGAIN} present ${order.id}`);
  });
}

function presentCommand(interrupted: Interrupted): Command {
  return orderIdCommand('present', 'present the e-check to the seller, in one signed message').action(
    async (orderId: string, _, command: Command) => {
      interrupted.hint = goOn('present', orderId);
      const session = await sessionOf(command);
      const order = await verifyCheck(session, await readOrder(session, orderId));
      if (order.stage === 'check_issued') await presentCheck(session, order);
      else session.screen.show('before', `It was presented before: the order is ${order.stage}.`, { orderId });
      session.screen.hint(`Next, after the notice of the seller: ${AGAIN} pay ${orderId}`);
    },
  );
}

function payCommand(interrupted: Interrupted): Command {
  return orderIdCommand('pay', 'indicate the payment, after the notice of the seller').action(
    async (orderId: string, _, command: Command) => {
      interrupted.hint = goOn('pay', orderId);
      const session = await sessionOf(command);
      await indicatePayment(session, await readOrder(session, orderId));
      session.screen.hint(`Next: ${AGAIN} follow ${orderId}`);
    },
  );
}

function followCommand(interrupted: Interrupted): Command {
  return orderIdCommand('follow', 'show an order as it happens, until it has ended').action(
    async (orderId: string, _, command: Command) => {
      interrupted.hint = goOn('follow', orderId);
      endWith(await followOrder(await sessionOf(command), orderId));
    },
  );
}

function buyCommand(interrupted: Interrupted): Command {
  return basketCommand('buy', 'all of it: charges, order, e-check, presentation, notice, payment, delivery')
    .option('--order <id>', 'go on with an order that was placed before')
    .action(async (_, command: Command) => {
      const session = await sessionOf(command);
      const options = command.opts<BasketOptions & { order?: string }>();
      const orderId = options.order ?? (await orderOnce(session, options, interrupted)).id;
      interrupted.hint = goOn('buy --order', orderId);
      endWith(await buy(session, orderId));
    });
}

/** Orders what the options and answers say. Until the answer is there, ending the terminal says how to find the order. */
async function orderOnce(session: Session, options: BasketOptions, interrupted: Interrupted): Promise<Order> {
  const basket = await fillBasket(session, options);
  const key = options.idempotencyKey ?? randomUUID();
  interrupted.hint = `Whether it was ordered is not known. The same order again with --idempotency-key ${key} is that order.`;
  return placeOrder(session, basket, { key, settleOn: options.settleOn });
}

/**
 * Does what the buyer has to do whenever it is due, and shows all the rest, until the order has ended. What was done before is not
 * done again: the order says where it stands.
 */
function buy(session: Session, orderId: string): Promise<string> {
  return followOrder(session, orderId, async ({ type }) => {
    if (type !== 'check_issued' && type !== 'distribution_promised') return;
    const order = await readOrder(session, orderId);
    if (type === 'check_issued' && order.stage === 'check_issued')
      await ifStillDue(presentCheck(session, await verifyCheck(session, order)));
    if (type === 'distribution_promised' && order.stage === 'accepted')
      await ifStillDue(indicatePayment(session, order));
  });
}

/** What a terminal that died a moment ago has sent may take effect only now, and the order may end: the stream says which it was. */
async function ifStillDue(action: Promise<void>): Promise<void> {
  try {
    await action;
  } catch (error) {
    if (!(error instanceof TerminalError && error.slug === 'illegal-transition')) throw error;
  }
}

function goOn(command: string, orderId: string): string {
  return `Nothing is lost: the order stays where it stands. Go on with: ${AGAIN} ${command} ${orderId}`;
}

function endWith(stage: string): void {
  if (stage !== COMPLETED) process.exitCode = 1;
}

function sessionOf(command: Command): Promise<Session> {
  return openSession(command.opts<SessionOptions>());
}

/** A command with what all of them may be given. */
function sessionCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--url <address>', 'the check office', process.env['COUNTERSIGN_URL'] ?? defaultUrl())
    .option('--token <token>', "the buyer's token or API key (default: COUNTERSIGN_TOKEN, or a demo token)")
    .option('--as <party>', 'whose demo token to take, at an office on this machine', 'buyer-ada')
    .option('--key <file>', "the terminal's own key, made where there is none", DEFAULT_KEY)
    .option('--issuer <name>', 'the issuer of e-checks that you trust', process.env['CHECK_ISSUER'] ?? 'countersign')
    .option('--json', 'one JSON object a line, for programs');
}

function orderIdCommand(name: string, description: string): Command {
  return sessionCommand(name, description).argument('<order>', 'the id of the order');
}

function basketCommand(name: string, description: string): Command {
  return sessionCommand(name, `${description}; what is not given is asked for`)
    .option('--seller <id>', 'from whom')
    .option('--line <sku=quantity>', 'what and how many, one unless said; may be repeated', lineOption)
    .option('--distributor <id>', 'brought by whom')
    .addOption(new Option('--settle-on <moment>', 'when the seller is paid').choices(['delivery', 'notice']))
    .option('--name <text>', 'who receives it')
    .option('--company <text>', 'the company of who receives it')
    .option('--street <text>', 'street and number')
    .option('--street2 <text>', 'a second line of the street')
    .option('--city <text>', 'town or city')
    .option('--region <text>', 'where the country has such')
    .option('--postal-code <text>', 'where the country has such')
    .option('--country <code>', 'ISO 3166-1: DE, FR, GB, …')
    .option('--phone <text>', 'for the driver')
    .option('--note <text>', 'for the driver')
    .option('--idempotency-key <text>', 'the same key and order again are the same order');
}

function defaultUrl(): string {
  return `http://127.0.0.1:${process.env['PORT'] ?? '3000'}`;
}
