import { chromium, type Browser } from 'playwright-core';
import { CHROMIUM_ADVICE, findChromium } from '../../../scripts/setup/chromium.mjs';

/**
 * A real Chromium without a window; it connects to other hosts than those that the addresses name where `instead` says so. Fails with one
 * line that says what to install where there is none.
 */
export async function launchChromium(instead: Readonly<Record<string, string>> = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(`there is no Chromium: ${CHROMIUM_ADVICE}`);
  // Its sandbox needs another user than root, and containers have little shared memory.
  const rules = Object.entries(instead).map(([host, other]) => `MAP ${host} ${other}`);
  const args = [
    '--disable-dev-shm-usage',
    `--host-resolver-rules=${rules.join(',')}`,
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  return chromium.launch({ executablePath, args, timeout: 120_000 });
}
