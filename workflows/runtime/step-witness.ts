import { proxySinks, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { taskQueues } from '../../temporal.config.ts';

/** A step as it was asked. */
export interface StepCall {
  readonly name: string;
  readonly input: unknown;
  /** By the workflow's own clock, in milliseconds since the epoch. */
  readonly atMs: number;
  /** It is a message to a party's own server. */
  readonly isTransmission: boolean;
}

/** What whoever replays a history is told of its steps. */
export interface StepSinks extends Sinks {
  steps: {
    /** `asked`: its number within the run. */
    asked(asked: number, call: StepCall): void;
    answered(asked: number, answer: unknown): void;
  };
}

const { steps } = proxySinks<StepSinks>();

/**
 * Tells what each step was asked and what it answered. Packed only for whoever restores the books from histories: these hold the answers of steps
 * that ran beside the workflow, and not what they were asked, which the workflow's own code says again. Each call passes through as it
 * is, without one more turn of the loop: what follows must come as it came first.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let count = 0;
  const tell = <Answer>(call: StepCall, running: Promise<Answer>): Promise<Answer> => {
    const asked = (count += 1);
    steps.asked(asked, call);
    running.then(
      (answer) => steps.answered(asked, answer),
      () => undefined,
    );
    return running;
  };
  return {
    outbound: [
      {
        scheduleActivity: (call, next) => tell(callOf(call, call.options.taskQueue), next(call)),
        scheduleLocalActivity: (call, next) => tell(callOf(call), next(call)),
      },
    ],
  };
};

function callOf({ activityType: name, args }: { activityType: string; args: unknown[] }, queue?: string): StepCall {
  return { name, input: args[0], atMs: Date.now(), isTransmission: queue === taskQueues.parties };
}
