import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A part of the code, and the tests that are to notice a mutant of it, cheapest first. */
export interface Ring {
  readonly name: string;
  files(project: string): readonly string[];
  testsOf(file: string): readonly string[];
  /** What is made of the code before the tests use it, and so anew for each mutant. */
  readonly made?: 'workflow-bundle' | 'database';
}

const STEP_TESTS: Readonly<Record<string, readonly string[]>> = {
  judgement: ['test/guards/registers', 'test/guards/records'],
  issue: ['test/guards/issue', 'test/guards/records'],
  validation: ['test/guards/validation', 'test/guards/records'],
  acceptance: ['test/guards/acceptance', 'test/activities/acceptance'],
  payment: ['test/guards/payment', 'test/activities/payment'],
  dispatch: ['test/guards/settlement', 'test/guards/records'],
  delivery: ['test/guards/settlement', 'test/guards/records'],
  settlement: ['test/guards/settlement', 'test/guards/records'],
  undo: ['test/guards/undo', 'test/guards/records'],
  recall: ['test/guards/records'],
  notes: ['test/guards/records'],
};

const WORKFLOW_TESTS = [
  'test/workflow/histories',
  'test/workflow/waiting',
  'test/workflow/delivery.test',
  'test/workflow/messages',
  'test/workflow/undo',
  'test/guards/(order-moves|refused-demand|order-record)',
];

export const RINGS: readonly Ring[] = [
  {
    name: 'activities',
    files: () => Object.keys(STEP_TESTS).map((stem) => `activities/${stem}.ts`),
    testsOf: (file) => STEP_TESTS[/(\w+)\.ts$/.exec(file)?.[1] ?? ''] ?? [],
  },
  {
    name: 'workflows',
    files: (project) => [
      'workflows/order.ts',
      ...filesIn(project, 'workflows/steps'),
      // How an order is started is the API's part.
      ...filesIn(project, 'workflows/messages').filter((file) => !file.endsWith('start-options.ts')),
    ],
    testsOf: () => WORKFLOW_TESTS,
    made: 'workflow-bundle',
  },
  {
    name: 'migrations',
    files: (project) => filesIn(project, 'migrations', '.sql'),
    testsOf: () => [
      'test/office/ledger',
      'test/guards/(kept|issue|undo|closing|settlement)',
      'test/office/(accounts|refunds|keys-ring|outbox.test|webhook-admission)',
    ],
    made: 'database',
  },
];

function filesIn(project: string, folder: string, ending = '.ts'): string[] {
  return readdirSync(join(project, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);
}
