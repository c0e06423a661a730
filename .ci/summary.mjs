// Prints `N passed, N failed` from jest's results. A stage before the tests that failed, or results that never came, count
// as a failure: node summary.mjs RESULTS FAILED_STAGES
import { existsSync, readFileSync } from 'node:fs';

const [file, failedStages] = process.argv.slice(2);
const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
const passed = results?.numPassedTests ?? 0;
const inTests = (results?.numFailedTests ?? 0) + (results?.numRuntimeErrorTestSuites ?? 0);
const failed = Math.max(inTests, Number(failedStages));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
