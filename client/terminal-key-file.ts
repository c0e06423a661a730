import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import { ALGORITHM } from './party-messages.ts';
import { terminalKeyOf, type TerminalKey } from './presentation.ts';

/** Opens a terminal's key file, one private JWK; it is made, for this user only (0600), where there is none. Throws for any other file. */
export async function loadTerminalKey(file: string): Promise<TerminalKey> {
  await makeUnlessThere(file);
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new Error(`${file} can be read by others than its owner: chmod 600 ${file}`);
  const jwk = parseKey(file, await readFile(file, 'utf8'));
  return terminalKeyOf(jwk.x, (await importJWK(jwk, ALGORITHM)) as CryptoKey);
}

function parseKey(file: string, json: string): JWK & { readonly x: string } {
  const jwk = Object(JSON.parse(json)) as JWK;
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || jwk.x === undefined || jwk.d === undefined)
    throw new Error(`${file} must hold a private Ed25519 JWK`);
  return { ...jwk, x: jwk.x };
}

async function makeUnlessThere(file: string): Promise<void> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // Two terminals that begin at once have one key: the first one's.
    await writeFile(file, `${JSON.stringify(await exportJWK(privateKey))}\n`, { flag: 'wx', mode: 0o600 });
    await chmod(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
