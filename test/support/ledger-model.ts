import { feeReturned } from '../../domain/ledger.ts';
import { shareOf } from '../../domain/money.ts';
import type { AccountStatus } from '../../domain/party.ts';

// The ledger as a pure model: what the design says, with plain numbers of minor units and no database.

export type ModelAccount = {
  balance: bigint;
  held: bigint;
  creditLimit: bigint;
  status: AccountStatus;
  feeBasisPoints: number;
};
export type ModelHold = {
  buyer: string;
  seller: string;
  amount: bigint;
  state: 'open' | 'captured' | 'released';
  captured: bigint;
  refunded: bigint;
  fee: bigint;
  feeReturned: bigint;
};

/** A command of the model and of the real ledger. Orders are named by a number of the test's own. */
export type Command =
  | { readonly kind: 'deposit'; readonly account: string; readonly amount: bigint; readonly key: string }
  | { readonly kind: 'payout'; readonly account: string; readonly amount: bigint; readonly key: string }
  | {
      readonly kind: 'hold';
      readonly order: number;
      readonly buyer: string;
      readonly seller: string;
      readonly amount: bigint;
    }
  | { readonly kind: 'capture'; readonly order: number; readonly amount: bigint | undefined }
  | { readonly kind: 'void' | 'expire'; readonly order: number }
  | { readonly kind: 'refund'; readonly order: number; readonly amount: bigint | undefined; readonly key: string }
  | { readonly kind: 'status'; readonly account: string; readonly status: ModelAccount['status'] }
  | { readonly kind: 'credit'; readonly account: string; readonly limit: bigint };

/** What came of a command: done now, done before under the same key, or a no. */
export type Answer = 'done' | 'replayed' | 'refused';

export interface Model {
  readonly accounts: Map<string, ModelAccount>;
  readonly orders: Map<number, ModelHold>;
  /** What every key was spent on. */
  readonly keys: Map<string, string>;
}

export function emptyModel(accounts: ReadonlyMap<string, ModelAccount>): Model {
  return {
    accounts: new Map([...accounts].map(([id, account]) => [id, { ...account }])),
    orders: new Map(),
    keys: new Map(),
  };
}

/** Applies a command to the model, or leaves it as it is and says no. */
export function apply(model: Model, command: Command): Answer {
  switch (command.kind) {
    case 'deposit':
      return once(model, `deposit:${command.account}:${command.key}`, String(command.amount), () =>
        deposit(model, command),
      );
    case 'payout':
      return once(model, `payout:${command.account}:${command.key}`, String(command.amount), () =>
        payOut(model, command),
      );
    case 'hold':
      return hold(model, command);
    case 'capture':
      return capture(model, command);
    case 'void':
    case 'expire':
      return release(model, command);
    case 'refund':
      return once(model, `refund:${command.order}:${command.key}`, String(command.amount), () =>
        refund(model, command),
      );
    case 'status':
      return setStatus(model, command);
    case 'credit':
      return setCredit(model, command);
  }
}

/** What can be spent of an account. */
export function available(account: ModelAccount): bigint {
  return account.balance + account.creditLimit - account.held;
}

type Of<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

function once(model: Model, key: string, body: string, work: () => Answer): Answer {
  const spent = model.keys.get(key);
  if (spent !== undefined) return spent === body ? 'replayed' : 'refused';
  const answer = work();
  if (answer === 'done') model.keys.set(key, body);
  return answer;
}

function deposit(model: Model, command: Of<'deposit'>): Answer {
  const account = of(model, command.account);
  if (account.status === 'closed') return 'refused';
  account.balance += command.amount;
  return 'done';
}

/** Only what the account owns and has not promised: the credit line is no money. */
function payOut(model: Model, command: Of<'payout'>): Answer {
  const account = of(model, command.account);
  if (account.status !== 'open' || account.balance - account.held < command.amount) return 'refused';
  account.balance -= command.amount;
  return 'done';
}

function hold(model: Model, command: Of<'hold'>): Answer {
  const [buyer, seller] = [of(model, command.buyer), of(model, command.seller)];
  if (model.orders.has(command.order)) return 'refused';
  if (buyer.status !== 'open' || seller.status === 'closed' || available(buyer) < command.amount) return 'refused';
  buyer.held += command.amount;
  const { buyer: buyerId, seller: sellerId, amount } = command;
  model.orders.set(command.order, {
    buyer: buyerId,
    seller: sellerId,
    amount,
    state: 'open',
    captured: 0n,
    refunded: 0n,
    fee: 0n,
    feeReturned: 0n,
  });
  return 'done';
}

function capture(model: Model, command: Of<'capture'>): Answer {
  const order = model.orders.get(command.order);
  if (!order) return 'refused';
  const amount = command.amount ?? order.amount;
  if (order.state === 'captured') return order.captured === amount ? 'replayed' : 'refused';
  if (order.state === 'released' || amount > order.amount) return 'refused';
  const [buyer, seller] = [of(model, order.buyer), of(model, order.seller)];
  const fee = feeOn(amount, seller.feeBasisPoints);
  buyer.held -= order.amount;
  buyer.balance -= amount;
  seller.balance += amount - fee;
  of(model, 'fees').balance += fee;
  Object.assign(order, { state: 'captured', captured: amount, fee });
  model.keys.set(`resolved:${command.order}`, 'capture');
  return 'done';
}

function release(model: Model, command: Of<'void' | 'expire'>): Answer {
  const order = model.orders.get(command.order);
  if (!order) return 'refused';
  const key = `resolved:${command.order}`;
  if (order.state !== 'open') return model.keys.get(key) === command.kind ? 'replayed' : 'refused';
  of(model, order.buyer).held -= order.amount;
  order.state = 'released';
  model.keys.set(key, command.kind);
  return 'done';
}

function refund(model: Model, command: Of<'refund'>): Answer {
  const order = model.orders.get(command.order);
  if (!order) return 'refused';
  const rest = order.captured - order.refunded;
  const amount = command.amount ?? rest;
  if (rest === 0n || amount > rest) return 'refused';
  const [buyer, seller, fees] = [of(model, order.buyer), of(model, order.seller), of(model, 'fees')];
  const fee = feeReturned({
    settledMinor: order.captured,
    feeMinor: order.fee,
    feeReturnedMinor: order.feeReturned,
    refundedAfterMinor: order.refunded + amount,
  });
  if (buyer.status === 'closed' || available(seller) < amount - fee) return 'refused';
  buyer.balance += amount;
  seller.balance -= amount - fee;
  fees.balance -= fee;
  order.refunded += amount;
  order.feeReturned += fee;
  return 'done';
}

function setStatus(model: Model, command: Of<'status'>): Answer {
  const account = of(model, command.account);
  if (command.status === 'closed') {
    const owed = [...model.orders.values()].some((order) => order.seller === command.account && order.state === 'open');
    if (account.balance !== 0n || account.held !== 0n || owed) return 'refused';
  }
  account.status = command.status;
  return 'done';
}

function setCredit(model: Model, command: Of<'credit'>): Answer {
  const account = of(model, command.account);
  if (account.balance + command.limit < account.held) return 'refused';
  account.creditLimit = command.limit;
  return 'done';
}

function of(model: Model, id: string): ModelAccount {
  const account = model.accounts.get(id);
  if (!account) throw new Error(`the model has no account ${id}`);
  return account;
}

/** The office's fee on what a seller is paid, in minor units; halves round up, as in the ledger's own SQL. */
export function feeOn(capturedMinor: bigint, feeBasisPoints: number): bigint {
  return shareOf(capturedMinor, BigInt(feeBasisPoints), 10_000n);
}
