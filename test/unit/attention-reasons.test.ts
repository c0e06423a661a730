import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ATTENTION_REASONS, FORMER_BUILD, isReason, reasonKind, waitingOnFor } from '../../domain/attention-reasons.ts';
import { remedyFor } from '../../platform/order-health/health.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(PROJECT, file), 'utf8');

/** `| \`reason\` | what it means | what to do |` */
const ROW = /^\| `([^`]+)` \| (.+) \| (.+) \|$/gm;

test('the operations page has a row for every reason, with the words of the code, and no other', () => {
  const rows = [...read('docs/operations.md').matchAll(ROW)].map(([, name = '', meaning, whatToDo]) => {
    const [reason = ''] = name.split(':');
    return [reason, { meaning, whatToDo }];
  });
  const known = Object.entries(ATTENTION_REASONS).map(([reason, { meaning, whatToDo }]) => [
    reason,
    { meaning, whatToDo },
  ]);
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(known));
  expect(rows).toHaveLength(known.length);
});

test('what helps orders whose code fails is the same everywhere', () => {
  const words = remedyFor({ message: 'the build has a fault' });
  expect(words).toBe(FORMER_BUILD);
  expect(read('docs/runbook.md')).toContain(`**What to do**: ${words}.`);
});

/** Where reasons are made, and how a reason is written there. */
const MAKERS: readonly (readonly [folder: string, pattern: RegExp])[] = [
  // raiseAttention(order, 'delivery', 'Overdue', …)
  ['workflows', /raiseAttention\(\s*order,\s*[^,]+,\s*['`]([A-Za-z_]+)/g],
  // const reason = … : `OnRecordAs:${…}`
  ['workflows', /`([A-Z]\w+):\$\{/g],
  // return 'TimedOut';
  ['workflows/runtime/run-step.ts', /return '([A-Z]\w+)'/g],
  ['activities/runtime/failures.ts', /failure\('([A-Z]\w+)'|\?\? '([A-Z]\w+)'/g],
  ['domain/faults.ts', /^  '([A-Z]\w+)',$/gm],
  // type: 'DatabaseBusy'
  ['activities', /ApplicationFailure\.\w+\([^)]*type: '([A-Z]\w+)'/g],
  ['office', /\breason: '([A-Z]\w+)'/g],
  ['office', /reason = .*'([A-Z]\w+)' : '([A-Z]\w+)'/g],
  ['domain/delivery.ts', /reason: '([A-Z]\w+)'/g],
  // The name of an error is its reason, when a step throws it.
  ['office', /readonly name = '(\w+)'/g],
  ['domain', /readonly name = '(\w+)'/g],
  ['platform/sealing.ts', /readonly name = '(\w+)'/g],
  ['office', /reason":\s*"([A-Z]\w+)"/g],
  ['domain/dispatch.ts', /impossible\('(\w+)'/g],
  ['platform/order-health', /'((?:No|Workflow|Worker)[A-Z]\w+)'|`(NoWorkerOfVersion):/g],
];

/** Names that look like one, of errors that no step throws. */
const NO_REASONS: readonly string[] = ['WorkflowNotFoundError', 'StatusListError', 'UnknownKeyError'];

test('every reason that the code can raise is known', () => {
  const raised = MAKERS.flatMap(([folder, pattern]) =>
    sourcesOf(folder).flatMap((text) => [...text.matchAll(pattern)].map(([, one, other]) => one ?? other ?? '')),
  );
  const unknown = raised.filter((name) => !isReason(name) && !NO_REASONS.includes(name));
  expect([...new Set(unknown)]).toEqual([]);
  // The patterns still find what they were written for.
  expect(new Set(raised.filter(isReason)).size).toBeGreaterThan(15);
});

test('a reason is known by what stands before its colon, and by nothing that is no reason', () => {
  expect(reasonKind('Parked:ForgottenError')).toBe('Parked');
  expect(reasonKind('WorkflowTaskFailing: Cannot read: x')).toBe('WorkflowTaskFailing');
  expect(reasonKind('toString')).toBe('StepFailed');
  expect(waitingOnFor('Overdue')).toBe('distributor');
  expect(waitingOnFor('NoWorkerOfVersion:countersign:v1')).toBe('operator');
});

function sourcesOf(place: string): string[] {
  if (place.endsWith('.ts')) return [read(place)];
  return readdirSync(join(PROJECT, place), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join(place, name)));
}
