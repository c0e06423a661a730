import { z } from 'zod';
import type { CheckClaims } from '../../domain/echeck.ts';
import { checkNumberOf, parseOrderId } from '../../domain/ids.ts';
import { formatMoney, moneyFromJson, type MoneyJson } from '../../domain/money.ts';
import { checkDigest, openPresentation, orderDigest, thumbprintOf, verifyCheckWith } from '../checks/index.ts';
import { open, proven, wrong, type EvidenceContext, type MessagePayload, type Note } from './evidence-notes.ts';
import { judgeInstruction } from './instruction.ts';
import type { KeyFinder } from './signed.ts';

const money = z.object({ amount: z.int(), currency: z.string() }).transform((said) => said as MoneyJson);
const presentationBody = z.looseObject({
  echeck: z.string(),
  lines: z.array(z.looseObject({ sku: z.string(), quantity: z.int() })),
  deliverTo: z.looseObject({ name: z.string(), street: z.string(), country: z.string() }),
  charge: money,
  presentation: z.string().optional(),
  terminalKey: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() }).optional(),
});
const paymentBody = z.looseObject({ number: z.string(), amount: money });
const instructionBody = z.looseObject({ instruction: z.string() });

/** Judges what others have signed inside a message, and what of it must fit what was presented. */
export async function judgeBody(said: MessagePayload, context: EvidenceContext): Promise<Note[]> {
  if (said.kind === 'presentation') return judgePresentation(said, context);
  if (said.kind === 'payment_indicated' || said.kind === 'paid') return judgePayment(said, context);
  if (said.kind !== 'instruction') return [];
  const body = instructionBody.safeParse(said.body).data;
  if (!body) return [wrong('The message brings no instruction.')];
  return judgeInstructed(said, { jws: body.instruction, sellerId: said.from, distributorId: said.aud }, context);
}

/** The instruction that a seller signed with its promise. */
export async function judgePromised(said: MessagePayload, jws: string, context: EvidenceContext): Promise<Note[]> {
  const distributorId = context.presented.get(said.sub)?.claims.distributorId;
  if (distributorId === undefined) return [open('For whom the instruction must be, the set does not show.')];
  return judgeInstructed(said, { jws, sellerId: said.aud, distributorId }, context);
}

async function judgePresentation(said: MessagePayload, context: EvidenceContext): Promise<Note[]> {
  const body = presentationBody.safeParse(said.body).data;
  if (!body) return [wrong('The message brings no presentation.')];
  const { issuer } = context;
  const keyFor = async (kid: string) => (await context.keysOf(issuer)?.(kid))?.[0];
  // As of the moment of the message: that it has run out since is no fault of it.
  const check = await verifyCheckWith(body.echeck, { issuer, now: () => said.iat * 1000, keyFor });
  if (!check.ok) return [wrong(`The check that was presented is none: ${check.detail}.`)];
  const { claims } = check;
  if (claims.orderId !== said.sub || claims.sellerId !== said.aud)
    return [wrong('The check that was presented is of another order or made out to another seller.')];
  if (claims.charge.amount !== body.charge.amount || claims.charge.currency !== body.charge.currency)
    return [wrong('The charge is another one than that of the check.')];
  context.presented.set(said.sub, { claims, ...body });
  const { number, terminal, sellerId } = claims;
  const issued = `${issuer} issued check ${number} of ${printed(claims.charge)} to ${sellerId}, ordered by ${terminal.buyerId} at terminal ${terminal.terminalId}.`;
  return [proven(issued, [issuer]), ...(await judgeTerminal(body, claims, said))];
}

/** The terminal's own word, where the check is bound to its key. */
async function judgeTerminal(
  { echeck, lines, deliverTo, presentation, terminalKey }: z.output<typeof presentationBody>,
  { cnf, number }: CheckClaims,
  { iss, iat }: MessagePayload,
): Promise<Note[]> {
  if (!cnf) return [];
  if (presentation === undefined || terminalKey === undefined)
    return [wrong('The check is bound to a terminal, and the message brings no word of it.')];
  if ((await thumbprintOf(terminalKey)) !== cnf.jkt)
    return [wrong('The terminal key is another one than the check is bound to.')];
  const said = await openPresentation(presentation, terminalKey, new Date(iat * 1000));
  if (!said) return [wrong('The presentation is not signed by the terminal to which the check is bound.')];
  const content = { lines, deliverTo, salt: '' };
  if (said.digest !== checkDigest(echeck) || orderDigest({ ...said, salt: '' }) !== orderDigest(content))
    return [wrong('The terminal has signed another check, other goods or another address.')];
  const presented = `The terminal with the key ${cnf.jkt} presented check ${number} for these goods and this address.`;
  return [proven(presented, [iss])];
}

function judgePayment(said: MessagePayload, context: EvidenceContext): Note[] {
  const body = paymentBody.safeParse(said.body).data;
  const orderId = parseOrderId(said.sub);
  if (!body || !orderId || body.number !== checkNumberOf(orderId))
    return [wrong('The message names no payment by the check of its order.')];
  const charge = context.presented.get(said.sub)?.charge;
  const isOther = charge && (charge.amount !== body.amount.amount || charge.currency !== body.amount.currency);
  return isOther ? [wrong('The amount is another one than the charge of the check.')] : [];
}

interface Instructed {
  readonly jws: string;
  readonly sellerId: string;
  readonly distributorId: string;
}

async function judgeInstructed(
  said: MessagePayload,
  { jws, sellerId, distributorId }: Instructed,
  context: EvidenceContext,
): Promise<Note[]> {
  const orderId = parseOrderId(said.sub);
  if (!orderId) return [wrong('The message names no order.')];
  const presented = context.presented.get(orderId);
  const order = { orderId, sellerId, distributorId, ...presented };
  const byOffice = await judgeInstruction(jws, {
    order,
    keyFor: context.keysOf(context.issuer) ?? NONE,
    signer: context.issuer,
  });
  if (byOffice.ok)
    return [
      proven(`${context.issuer} signed the instruction of ${sellerId} for ${distributorId} in its name.`, [said.iss]),
    ];
  const keyFor = context.keysOf(sellerId);
  if (!keyFor) return [open(`Who signed the instruction cannot be said: give the keys of ${sellerId} (--keys).`)];
  const bySeller = await judgeInstruction(jws, { order, keyFor, signer: sellerId });
  if (!bySeller.ok) return [wrong(`The instruction ${bySeller.detail}.`)];
  const what = presented ? 'exactly the goods and the address of the presentation' : 'goods and address';
  return [proven(`${sellerId} signed the instruction to ${distributorId}: ${what}.`, [said.iss, sellerId])];
}

const NONE: KeyFinder = async () => [];

function printed(amount: MoneyJson): string {
  return formatMoney(moneyFromJson(amount));
}
