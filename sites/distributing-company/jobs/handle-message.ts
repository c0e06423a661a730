import type { EntityManager } from '@mikro-orm/postgresql';
import type { MessageOf, Office, PartyMessage, SiteAnswer } from '../../../client/site.ts';
import type { Orm } from '../database.ts';
import { Message } from '../entities/message.entity.ts';
import { lockCalendar } from '../planning/read-calendar.ts';
import { scheduleAgain, withdraw } from './after-instruction.ts';
import { takeInstruction } from './instruction.ts';
import { instructionIn } from './verify-instruction.ts';

export interface HandlingOptions {
  readonly orm: Orm;
  readonly party: string;
  readonly office: Office;
  readonly decide: 'auto' | 'by-hand';
  readonly clock: () => Date;
}

/**
 * Makes the company's answer to a message: in one transaction with all that it promises, and once. Whatever comes again, by
 * whatever key it is signed, has the answer on record.
 */
export function messageHandler(options: HandlingOptions): (message: PartyMessage) => Promise<SiteAnswer> {
  const { orm, clock } = options;
  return async (message) => {
    const em = orm.em.fork();
    const before = await em.findOne(Message, message.id);
    if (before) return answerIn(before);
    // Keys are read before the transaction: nobody waits for a place while somebody's server is slow.
    const instruction = message.kind === 'instruction' ? await instructionIn(em, message, options) : undefined;
    return em.transactional(async (tx) => {
      const { calendar } = await lockCalendar(tx);
      const meanwhile = await tx.findOne(Message, message.id);
      if (meanwhile) return answerIn(meanwhile);
      const now = clock();
      const answer = await (instruction
        ? takeInstruction(tx, { ...instructedBy(message), instruction, calendar, now, decide: options.decide })
        : later(tx, message, { calendar, now }));
      keep(tx, message, answer, now);
      return answer;
    });
  };
}

function instructedBy({ orderId, from }: PartyMessage) {
  return { orderId, sellerId: from };
}

function later(tx: EntityManager, message: PartyMessage, at: Parameters<typeof scheduleAgain>[2]): Promise<SiteAnswer> {
  if (message.kind === 'schedule_again') return scheduleAgain(tx, message satisfies MessageOf<'schedule_again'>, at);
  if (message.kind === 'withdrawn') return withdraw(tx, message.orderId, at.now);
  throw new Error(`${message.kind} is no message for a distributor`);
}

function keep(tx: EntityManager, message: PartyMessage, { verdict, body }: SiteAnswer, now: Date): void {
  const { id, orderId, kind, from, jws } = message;
  tx.create(Message, { id, orderId, kind, sender: from, jws, verdict, body: body && { ...body }, receivedAt: now });
}

function answerIn({ verdict, body }: Message): SiteAnswer {
  // As `keep` wrote it.
  return { verdict, ...(body && { body }) } as SiteAnswer;
}
