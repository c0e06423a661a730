import { fileURLToPath } from 'node:url';
import { Router, urlencoded, type Request, type Response } from 'express';
import { z } from 'zod';
import { changeCommodity } from '../catalogue.ts';
import { decideByHand, type ByHand } from '../decide.ts';
import type { Deps } from '../deps.ts';
import { html, page } from './html.ts';
import { orderPage } from './order.ts';
import { overview } from './overview.ts';
import { ownMachineOnly } from '../../../client/own-machine.ts';

const FILES = { root: fileURLToPath(new URL('.', import.meta.url)) };

const changeForm = z.object({
  sku: z.string(),
  onHand: z.coerce.number().int().min(0).max(1_000_000),
  priceAmount: z.coerce.number().int().min(1).max(1_000_000_000),
});
/** Without what cannot be seen: the buyer is to read it. */
const refusalForm = z.object({
  reason: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .regex(/^\P{C}*$/u),
});
const orderPath = z.object({ id: z.string() });

/** The page of the shop's people: its orders, its stock, and what waits for their decision. */
export function pageRoutes(deps: Deps): Router {
  const routes = Router();
  routes.use(ownMachineOnly, urlencoded({ extended: false, limit: '10kb' }));
  routes.get('/style.css', (_request, response) => response.sendFile('style.css', FILES));
  routes.get('/', async (_request, response) => {
    response.send(await overview(deps.orm.em.fork(), deps.party));
  });
  routes.get('/orders/:id', async ({ params }, response) => {
    const found = await orderPage(deps.orm.em.fork(), params.id);
    if (found === undefined) say(response, 404, 'There is no such order here.');
    else response.send(found);
  });
  routes.post('/orders/:id/acceptance', (request, response) => decide(deps, request, response, { promised: true }));
  routes.post('/orders/:id/refusal', (request, response) => {
    const form = refusalForm.safeParse(request.body);
    if (!form.success) return say(response, 422, 'Say why, in one line of at most 500 characters.');
    return decide(deps, request, response, { promised: false, reason: form.data.reason });
  });
  routes.post('/commodities', (request, response) => change(deps, request, response));
  routes.use((_request, response) => say(response, 404, 'There is no such page here.'));
  return routes;
}

async function change(deps: Deps, request: Request, response: Response): Promise<void> {
  const form = changeForm.safeParse(request.body);
  const wrong = form.success ? await changeCommodity(deps, form.data.sku, form.data) : z.prettifyError(form.error);
  if (wrong === undefined) response.redirect(303, '/');
  else say(response, 422, wrong);
}

async function decide(deps: Deps, request: Request, response: Response, decision: ByHand): Promise<void> {
  const { id } = orderPath.parse(request.params);
  if (await decideByHand(deps, id, decision)) response.redirect(303, `/orders/${encodeURIComponent(id)}`);
  else say(response, 409, 'This order does not wait for a decision.');
}

function say(response: Response, status: number, words: string): void {
  response.status(status).send(
    page(
      'Selling office',
      html`<p role="alert">${words}</p>
        <p><a href="/">All orders</a></p>`,
    ),
  );
}
