import type { Supervised } from '../../platform/embedded/supervise.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * In the order in which they end: nobody is left without what it needs to finish. The worker sends its last messages to sites;
 * what those have for the office then, they keep for the next start.
 */
const PARTS = ['api', 'worker', 'selling-office', 'distributing-company', 'temporal', 'database'] as const;
export type PartName = (typeof PARTS)[number];

/** Ends what was started, once, at the first signal; further signals change nothing. */
export class Shutdown {
  readonly #parts = new Map<PartName, Promise<Supervised>>();
  #last = (): void => {};
  #running: Promise<never> | undefined;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, () => void this.run(0));
  }

  /** Has it begun? Then nothing more is to be started. */
  get began(): boolean {
    return this.#running !== undefined;
  }

  /** Starts a part and remembers it, also while it starts. Does nothing when the shutdown has begun. */
  async start(name: PartName, begin: () => Promise<Supervised>): Promise<void> {
    if (this.began) return;
    const part = begin();
    this.#parts.set(name, part);
    await part;
  }

  /** What is done when every part has ended. */
  last(action: () => void): void {
    this.#last = action;
  }

  /** Ends everything, then the process with `code`. */
  run(code: number): Promise<never> {
    this.#running ??= this.#end(code);
    return this.#running;
  }

  async #end(code: number): Promise<never> {
    if (code === 0) console.log('stopping');
    for (const name of PARTS) {
      // A part that failed to start has ended already, and whoever started it has said so.
      const part = await this.#parts.get(name)?.catch(() => undefined);
      await part?.stop();
      if (part !== undefined) console.log(`${name}: stopped`);
    }
    this.#last();
    process.exit(code);
  }
}
