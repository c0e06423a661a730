// The SDK downloads Temporal's programs by itself. Here it does so once, and they are kept under their usual names:
//   node download-temporal.mjs FOLDER temporal [temporal-test-server]
import { copyFileSync, chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [folder, ...programs] = process.argv.slice(2);
const START = {
  temporal: (server) => TestWorkflowEnvironment.createLocal({ server }),
  'temporal-test-server': (server) => TestWorkflowEnvironment.createTimeSkipping({ server }),
};

mkdirSync(folder, { recursive: true });
for (const program of programs) {
  const downloadDir = mkdtempSync(join(folder, '.download-'));
  try {
    const environment = await START[program]({ executable: { type: 'cached-download', downloadDir } });
    await environment.teardown();
    const [downloaded] = readdirSync(downloadDir);
    copyFileSync(join(downloadDir, downloaded), join(folder, program));
    chmodSync(join(folder, program), 0o755);
  } finally {
    rmSync(downloadDir, { recursive: true, force: true });
  }
}
