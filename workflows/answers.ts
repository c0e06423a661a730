import { ApplicationFailure, CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { UpdateDefinition } from '@temporalio/common';
import type { Stage } from '../domain/stages.ts';
import type { Answer } from './messages.ts';
import type { Story } from './story.ts';

/** Who spoke when the message does not say: somebody at the Temporal UI or the plain `temporal` CLI. */
export const SOMEBODY = 'temporal';

/** Hears one kind of message: `allow` throws for what comes too early, too late or makes no sense. */
export function hear<Message>(
  definition: UpdateDefinition<Answer, [Message]>,
  handle: (message: Message) => Promise<Answer>,
  allow: (message: Message) => void,
): void {
  setHandler<Answer, [Message], UpdateDefinition<Answer, [Message]>>(definition, handle, { validator: allow });
}

/** Refuses a message before it leaves a trace. The API answers 409 `illegal-transition`. */
export function refuseUnless(allowed: boolean, detail: string): void {
  if (!allowed) throw ApplicationFailure.nonRetryable(detail, 'illegal-transition');
}

/** Answers when the story has come as far as the message makes it, or has ended otherwise. */
export async function onceReached(story: Story, stage: Stage): Promise<Answer> {
  return onceTrue(story, () => story.reached.has(stage));
}

/** The same for what is no stage. */
export async function onceTrue(story: Story, reached: () => boolean): Promise<Answer> {
  await outlasting(() => condition(() => reached() || story.closed));
  if (reached()) return { ok: true, stage: story.stage };
  const detail = `The order ended as ${story.stage} before this could take effect.`;
  return { ok: false, problem: 'illegal-transition', detail };
}

/** An answer that is owed is given, also when the workflow itself is being cancelled. */
export function outlasting<Result>(wait: () => Promise<Result>): Promise<Result> {
  return CancellationScope.nonCancellable(wait);
}
