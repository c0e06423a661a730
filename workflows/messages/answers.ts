import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { UpdateDefinition } from '@temporalio/common';
import type { Stage } from '../../domain/stages.ts';
import type { Answer } from './definitions.ts';
import { refuseMalformed, type Shape } from './shapes.ts';
import type { Story } from '../runtime/story.ts';

/** Who spoke when the message does not say: somebody at the Temporal UI or the plain `temporal` CLI. */
export const SOMEBODY = 'temporal';

interface Hearing<Message> {
  readonly shape: Shape;
  /** Throws for what comes too early, too late or makes no sense. */
  readonly allow: (message: Message) => void;
  readonly handle: (message: Message) => Promise<Answer>;
}

/** Hears one kind of message. What is malformed or not allowed is refused before it leaves a trace in the history. */
export function hear<Message>(definition: UpdateDefinition<Answer, [Message]>, hearing: Hearing<Message>): void {
  const validator = (message: Message) => {
    refuseMalformed(message, { 'actor?': 'text', ...hearing.shape });
    hearing.allow(message);
  };
  setHandler<Answer, [Message], UpdateDefinition<Answer, [Message]>>(definition, hearing.handle, { validator });
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
