import type { TerminalKey } from '../../domain/echeck.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { MoneyJson } from '../../domain/money.ts';
import type { OrderLine, SettleOn } from '../../domain/order.ts';
import type { Agent } from '../../domain/party.ts';

/** What starts an order. Holds nothing personal in plain text: `deliverToSealed` is a JWE. */
export interface OrderInput {
  readonly orderId: OrderId;
  /** SHA-256 of the canonical request body. */
  readonly requestDigest: string;
  readonly buyerId: string;
  readonly terminalId: string;
  /** The key of the terminal to which the check is bound: its buyer presents it by hand. */
  readonly terminalKey?: TerminalKey;
  readonly sellerId: string;
  readonly distributorId: string;
  readonly lines: readonly OrderLine[];
  readonly deliverToSealed: string;
  /** SHA-256 over lines, address and salt: goes into the check. */
  readonly orderDigest: string;
  readonly expectedCharge?: MoneyJson;
  /** Absent: as the buyer's account says. */
  readonly presentation?: Agent;
  readonly payment?: Agent;
  /** What the buyer asks for; after the judgement what was settled. Absent: as the seller has it. */
  readonly settleOn?: SettleOn;
  /** RFC 3339. */
  readonly requestedAt: string;
  /** Started again by an operator, from the order's row: the workflow goes on from what is on record. */
  readonly resumed?: boolean;
  /**
   * What runs beside the steps begins only while they rest. It stands here because `patched` is no way to know it: what
   * that says after a local activity may differ in a replay. Absent: started before 29 November 2026.
   */
  readonly backgroundAtRest?: boolean;
}
