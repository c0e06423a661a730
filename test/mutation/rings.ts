import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A part of the code, and the tests that are to notice a mutant of it, cheapest first. */
export interface Ring {
  readonly name: string;
  files(project: string): readonly string[];
  testsOf(file: string): readonly string[];
  /** The workflows are packed anew for each mutant, as the worker takes them. */
  readonly bundled: boolean;
}

const STEP_TESTS: Readonly<Record<string, readonly string[]>> = {
  judgement: ['test/guards/registers', 'test/guards/records'],
  issue: ['test/guards/issue'],
  validation: ['test/guards/validation'],
  acceptance: ['test/guards/validation', 'test/guards/records'],
  payment: ['test/guards/records'],
  dispatch: ['test/guards/settlement'],
  delivery: ['test/guards/settlement', 'test/guards/records'],
  settlement: ['test/guards/settlement'],
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
  'test/guards/order-moves',
];

export const RINGS: readonly Ring[] = [
  {
    name: 'activities',
    files: () => Object.keys(STEP_TESTS).map((stem) => `activities/${stem}.ts`),
    testsOf: (file) => STEP_TESTS[/(\w+)\.ts$/.exec(file)?.[1] ?? ''] ?? [],
    bundled: false,
  },
  {
    name: 'workflows',
    files: (project) => [
      'workflows/order.ts',
      ...filesIn(project, 'workflows/steps'),
      ...filesIn(project, 'workflows/messages'),
    ],
    testsOf: () => WORKFLOW_TESTS,
    bundled: true,
  },
];

function filesIn(project: string, folder: string): string[] {
  return readdirSync(join(project, folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);
}
