import { guarded } from '../../../activities/runtime/failures.ts';
import type { OrderActivities } from '../../../activities/index.ts';
import { orderIdIn } from './imagined-orders.ts';
import type { StepName } from './imagined-steps.ts';

type AnyStep = (input: unknown) => Promise<unknown>;
/** What happens instead of a step; it may take the real one, too. */
export type Fault = (take: () => Promise<unknown>, orderId: string) => Promise<unknown>;

/** The office's real steps, each of which can be broken and fixed while orders run. */
export function breakable(): {
  readonly faults: Map<StepName, Fault>;
  readonly activities: (steps: OrderActivities) => Record<string, AnyStep>;
} {
  const faults = new Map<StepName, Fault>();
  const breakableStep = (name: StepName, step: AnyStep) => (input: unknown) => {
    const fault = faults.get(name);
    return fault ? fault(() => step(input), orderIdIn(input)) : step(input);
  };
  return {
    faults,
    activities(steps: OrderActivities): Record<string, AnyStep> {
      const named = Object.entries(steps) as [StepName, AnyStep][];
      // A fault is sorted and named as one of the office's own.
      return guarded(Object.fromEntries(named.map(([name, step]) => [name, breakableStep(name, step)])));
    },
  };
}

/** What the driver says when the database is away. */
export function unreachable(): Promise<never> {
  return Promise.reject(Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' }));
}

/** The step is done, and its answer is lost: once. */
export function answerLostOnce(): Fault {
  let lost = false;
  return async (take) => {
    const result = await take();
    if (lost) return result;
    lost = true;
    return unreachable();
  };
}
