import type { BrowserContext, ConsoleMessage } from 'playwright-core';

/** In the pages themselves: what their Content-Security-Policy has kept from happening. */
const NOTE_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) =>
  noteViolation(event.violatedDirective + ' ' + event.blockedURI))`;

/** A loaded machine answers "later", too: the page asks again by itself, or says so. */
const LATER = /status of 503/;

/** What went wrong in the pages of a context: errors of scripts, errors in the console, violations of the Content-Security-Policy. */
export interface Faults {
  /** Throws unless there were none; what a test provokes it names. */
  expectNone(provoked?: RegExp): void;
}

export async function collectFaults(context: BrowserContext): Promise<Faults> {
  const seen: string[] = [];
  context.on('weberror', (error) => seen.push(`error: ${error.error().stack ?? error.error().message}`));
  context.on('console', (message) => {
    if (message.type() === 'error') seen.push(`console: ${wordsOf(message)}`);
  });
  await context.exposeBinding('noteViolation', (_source, what: string) => void seen.push(`policy: ${what}`));
  await context.addInitScript({ content: NOTE_VIOLATIONS });
  return {
    expectNone(provoked) {
      const unexpected = seen.filter((fault) => !LATER.test(fault) && !provoked?.test(fault));
      if (unexpected.length > 0) throw new Error(`faults in the browser:\n${unexpected.join('\n')}`);
    },
  };
}

function wordsOf(message: ConsoleMessage): string {
  return `${message.text()} (${message.location().url})`;
}
