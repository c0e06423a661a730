import { note } from '../runtime/notes.ts';
import type { Story } from '../runtime/story.ts';

/** So many ignored messages are noted one by one; a flood of them is then only counted. */
const MOST_NOTED = 10;

/** Notes in the timeline that a message was passed over, and why: its sender was told that it succeeded. */
export function ignore(story: Story, message: string, why: string): void {
  story.ignored += 1;
  if (story.ignored > MOST_NOTED) return;
  const last = story.ignored === MOST_NOTED ? { further: 'Further ones are not noted.' } : {};
  note(story, { type: 'message_ignored', actor: 'temporal', body: { message: message.slice(0, 100), why, ...last } });
}
