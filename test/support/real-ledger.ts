import type { EntityManager } from '@mikro-orm/postgresql';
import { LedgerRefusal } from '../../domain/ledger.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { MoneyJson } from '../../domain/money.ts';
import { deposit, patchAccount } from '../../office/ledger/accounts.ts';
import { payOut } from '../../office/ledger/payouts.ts';
import { captureHold, expireHold, voidHold, type Posted } from '../../office/ledger/transfers.ts';
import { refundOrder } from '../../office/orders/refunds.ts';
import type { Orm } from '../../platform/orm.ts';
import { issue, newOrderId } from './ledger-book.ts';
import type { Answer, Command } from './ledger-model.ts';

/** The real ledger behind the model's commands. Account names of the model get `suffix`, so that runs do not meet. */
export class RealLedger {
  readonly #orm: Orm;
  readonly #suffix: string;
  readonly #orders = new Map<number, OrderId>();

  constructor(orm: Orm, suffix: string) {
    this.#orm = orm;
    this.#suffix = suffix;
  }

  accountId(name: string): string {
    return name + this.#suffix;
  }

  orderId(order: number): OrderId {
    const known = this.#orders.get(order) ?? newOrderId();
    this.#orders.set(order, known);
    return known;
  }

  /** Runs the command and answers in the model's words. Faults throw: the model knows none. */
  async run(command: Command): Promise<Answer> {
    try {
      return await this.#attempt(command);
    } catch (error) {
      if (error instanceof LedgerRefusal) return 'refused';
      // The order exists already: the hold's twin.
      if (command.kind === 'hold' && String(error).includes('orders_pkey')) return 'refused';
      throw error;
    }
  }

  async #attempt(command: Command): Promise<Answer> {
    switch (command.kind) {
      case 'deposit': {
        const { account, amount, key } = command;
        return answerOf(await deposit(this.#orm, { accountId: this.accountId(account), amount: euro(amount), key }));
      }
      case 'payout': {
        const { account, amount, key } = command;
        const accountId = this.accountId(account);
        return answerOf(await payOut(this.#orm, { accountId, amount: euro(amount), reference: 'model', key }));
      }
      case 'hold': {
        const [buyerId, sellerId] = [this.accountId(command.buyer), this.accountId(command.seller)];
        await issue(this.#orm, {
          orderId: this.orderId(command.order),
          buyerId,
          sellerId,
          amountMinor: command.amount,
        });
        return 'done';
      }
      case 'capture':
        return this.#resolve(command.order, (tx, orderId) => settleIn(tx, orderId, command.amount));
      case 'void':
        return this.#resolve(command.order, (tx, orderId) => releaseIn(tx, orderId, 'voided'));
      case 'expire':
        return this.#resolve(command.order, (tx, orderId) => releaseIn(tx, orderId, 'expired'));
      case 'refund': {
        const { amount, key, order } = command;
        const money = amount === undefined ? undefined : euro(amount);
        return answerOf(
          await refundOrder(this.#orm, {
            orderId: this.orderId(order),
            amount: money,
            reason: 'r',
            actor: 'test',
            key,
          }),
        );
      }
      case 'status':
        return answerOf(await patchAccount(this.#orm, this.accountId(command.account), { status: command.status }));
      case 'credit':
        return answerOf(
          await patchAccount(this.#orm, this.accountId(command.account), { creditLimit: euro(command.limit) }),
        );
    }
  }

  async #resolve(order: number, work: (tx: EntityManager, orderId: OrderId) => Promise<Posted>): Promise<Answer> {
    const orderId = this.orderId(order);
    const posted = await this.#orm.em.fork().transactional((tx) => work(tx, orderId));
    return posted.replayed ? 'replayed' : 'done';
  }
}

/** Pays from the hold, and walks the check to `cleared` around it, as settling does. */
async function settleIn(tx: EntityManager, orderId: OrderId, amountMinor: bigint | undefined): Promise<Posted> {
  await lockOrder(tx, orderId);
  await tx.execute("update echecks set status = 'presented' where order_id = ? and status = 'issued'", [orderId]);
  await tx.execute("update echecks set status = 'accepted' where order_id = ? and status = 'presented'", [orderId]);
  const posted = await captureHold(tx, orderId, amountMinor);
  if (posted.replayed) return posted;
  await tx.execute("update echecks set status = 'cleared' where order_id = ?", [orderId]);
  await tx.execute(
    "update orders set payment_status = 'settled', settled_amount = coalesce(?::bigint, charge_amount) where id = ?",
    [amountMinor ?? null, orderId],
  );
  return posted;
}

async function releaseIn(tx: EntityManager, orderId: OrderId, status: 'voided' | 'expired'): Promise<Posted> {
  await lockOrder(tx, orderId);
  const posted = await (status === 'voided' ? voidHold(tx, orderId, 'model') : expireHold(tx, orderId));
  if (posted.replayed) return posted;
  await tx.execute('update echecks set status = ? where order_id = ?', [status, orderId]);
  await tx.execute("update orders set payment_status = 'voided' where id = ?", [orderId]);
  return posted;
}

/** The order's row first, as every step does it: two that lock in one order never wait for each other in a circle. */
async function lockOrder(tx: EntityManager, orderId: OrderId): Promise<void> {
  const [row] = await tx.execute<{ id: string }[]>('select id from orders where id = ? for no key update', [orderId]);
  if (!row) throw new LedgerRefusal('hold_not_open', `there is no order ${orderId} yet`);
}

function answerOf(outcome: { ok: boolean; value?: object }): Answer {
  if (!outcome.ok) return 'refused';
  return outcome.value && 'replayed' in outcome.value && outcome.value.replayed === true ? 'replayed' : 'done';
}

function euro(amountMinor: bigint): MoneyJson {
  return { amount: Number(amountMinor), currency: 'EUR' };
}
