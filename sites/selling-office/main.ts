import { fstatSync } from 'node:fs';
import { rotateSiteKey } from '../../client/site.ts';
import { startSellingOffice } from './server.ts';
import { parseSettings, type Settings } from './settings.ts';

/**
 * `node sites/selling-office/main.ts`: the shop's server, until SIGTERM, SIGINT or the end of whoever started it. With
 * `rotate-key`: from now on it signs with a new key, also where it runs already.
 */
async function main(): Promise<void> {
  const settings = settingsOrExit();
  if (process.argv.includes('rotate-key')) return rotateSiteKey(settings.keyFile);
  const shop = await startSellingOffice(settings);
  shop.deps.logger.info({ url: shop.url, party: shop.deps.party }, 'selling office listens');
  process.send?.('ready');
  await askedToEnd();
  await shop.close();
  if (process.connected) process.disconnect();
  process.stdin.destroy();
}

function settingsOrExit(): Settings {
  try {
    return parseSettings(process.env);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(1);
  }
}

function askedToEnd(): Promise<unknown> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
    process.once('disconnect', resolve);
    if (!isFromSomebody()) return;
    process.stdin.once('end', resolve).once('error', resolve).resume();
  });
}

/** A pipe or socket ends with whoever holds its other end; a terminal or `/dev/null` says nothing of the kind. */
function isFromSomebody(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isFIFO() || stdin.isSocket();
  } catch {
    return false;
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
