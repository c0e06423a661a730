import { Command } from 'commander';
import type { KeyRing } from '../office/checks/index.ts';
import { withOffice } from './office.ts';

/** `countersign keys …`: operator commands for the keys of the office. Running processes follow within seconds. */
export function keysCommand(): Command {
  const keys = new Command('keys').description(
    'The keys that sign checks, and those that close what must stay closed.',
  );
  keys
    .command('list')
    .description('every key that signs checks and its status, the newest first')
    .action(() => withRing(list));
  keys
    .command('rotate')
    .description('a new key signs from now on; the former one verifies what it has signed')
    .action(() => withRing(rotate));
  keys
    .command('revoke')
    .argument('<kid>', 'the id of the compromised key')
    .description('every open check that this key signed is invalid at once, permanently')
    .action((kid: string) => withRing((ring) => revoke(ring, kid)));
  keys
    .command('rewrap')
    .description('wrap every data key by the first key of MASTER_KEY_FILE, so that the former ones may go')
    .action(rewrap);
  keys.command('generate').description('print a new private key, to be appended to ECHECK_KEYS_FILE').action(generate);
  keys.command('generate-master').description('print a new master key, for MASTER_KEY_FILE').action(generateMaster);
  keys.command('generate-payload').description('print a new key for PAYLOAD_KEYS_FILE').action(generatePayload);
  return keys;
}

async function list(ring: KeyRing): Promise<void> {
  for (const { kid, status, createdAt } of await ring.list()) {
    console.log(`${status.padEnd(8)}  ${createdAt.toISOString()}  ${kid}`);
  }
}

async function rotate(ring: KeyRing): Promise<void> {
  const kid = await ring.rotate();
  console.log(`${kid} signs from now on.`);
}

async function revoke(ring: KeyRing, kid: string): Promise<void> {
  await ring.revoke(kid);
  console.log(`${kid} is revoked: no check that it signed is valid any more.`);
  await list(ring);
}

async function rewrap(): Promise<void> {
  const [{ loadMasterKey }, { rewrapDataKeys }] = await Promise.all([
    import('../platform/key-files.ts'),
    import('../platform/rewrapping.ts'),
  ]);
  await withOffice(async (orm, { masterKeySource }) => {
    const masterKey = await loadMasterKey(masterKeySource, async () => false);
    const { rewrapped, already } = await rewrapDataKeys(orm, masterKey);
    console.log(`${rewrapped} data keys are wrapped anew by ${masterKey[0].kid}; ${already} were already.`);
  });
}

async function generate(): Promise<void> {
  const { generateSigningKey } = await import('../office/checks/index.ts');
  console.log(JSON.stringify(await generateSigningKey()));
}

async function generateMaster(): Promise<void> {
  const { generateMasterKey } = await import('../platform/key-files.ts');
  console.log(JSON.stringify(generateMasterKey()));
}

async function generatePayload(): Promise<void> {
  const { generatePayloadKey } = await import('../platform/key-files.ts');
  console.log(JSON.stringify(generatePayloadKey()));
}

/** Opens the ring as the service does. Loaded on demand, so that verifying a check needs no database driver. */
async function withRing(use: (ring: KeyRing) => Promise<void>): Promise<void> {
  const { openKeyRing } = await import('../office/checks/index.ts');
  await withOffice(async (orm, { keySource }) => use(await openKeyRing({ orm, source: keySource })));
}
