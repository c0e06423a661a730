import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { QUEUES_OF_PARTY } from '../../office/webhooks/admission.ts';
import { MAX_WEBHOOKS } from '../../office/webhooks/webhooks.ts';
import { webhookWorkflowId } from '../../workflows/messages/webhook.ts';
import { startReceiver } from './webhook-receiver.ts';
import { webhookService, type WebhookService } from './webhook-service.ts';

let service: WebhookService;
beforeAll(async () => {
  service = await webhookService();
});
afterAll(() => service.close());
afterEach(() => service.deleteWebhooks());

test("twenty webhooks of one party that never answer keep nobody else's waiting", async () => {
  const [dead, well] = await Promise.all([startReceiver(), startReceiver()]);
  dead.answer = () => 'never';
  for (let count = 0; count < MAX_WEBHOOKS; count++) await service.hook({ url: dead.url });
  const early = await Promise.all(Array.from({ length: 5 }, (_, index) => service.place(`early-${index}`)));
  await dead.until(({ length }) => length >= QUEUES_OF_PARTY);

  const { id: webhookId } = await service.hook(
    { url: well.url, types: ['check_presented', 'order_completed'] },
    'seller-mill',
  );
  const late = await Promise.all(Array.from({ length: 5 }, (_, index) => service.place(`late-${index}`)));
  await Promise.all([...early, ...late].map((orderId) => service.deliver(orderId)));
  await well.until(
    (all) => all.filter(({ body }) => body.type === 'order_completed').length === early.length + late.length,
  );
  // Every webhook of a party may have one queue at work, however many there are.
  expect(dead.mostAtOnce).toBeLessThanOrEqual(QUEUES_OF_PARTY + MAX_WEBHOOKS);

  const workflowId = webhookWorkflowId({ webhookId, orderId: late[0]! });
  const { raw } = await service.api.client.workflow.getHandle(workflowId).describe();
  expect(raw.workflowExecutionInfo?.priority?.fairnessKey).toBe('seller:seller-mill');
  await dead.close();
  await well.close();
});
