import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import { RECIPIENT, TRANSMISSION_FAULTS, VERDICTS } from '../../domain/party-messages.ts';
import { ROOT } from '../support/arrows.ts';
import { payloadOf } from '../support/site-words.ts';

/* docs/write-a-site.md and docs/sites.md say what the code does. */

const guide = readFileSync(join(ROOT, 'docs/write-a-site.md'), 'utf8');
const sites = readFileSync(join(ROOT, 'docs/sites.md'), 'utf8');

function blocks(language: string): string[] {
  return [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) =>
    text.trim(),
  );
}

const [officeKey, partyKey] = blocks('json')
  .map((text) => JSON.parse(text) as Record<string, string>)
  .filter(({ kty }) => kty === 'OKP');
const [message = '', receipt = ''] = blocks('text');

async function verifies(jws: string, jwk: Record<string, string> | undefined): Promise<void> {
  await compactVerify(jws, await importJWK(jwk ?? {}, 'EdDSA'), { algorithms: ['EdDSA'] });
}

test('the message and the receipt of the page verify, and the receipt is of that message', async () => {
  await verifies(message, officeKey);
  await verifies(receipt, partyKey);
  expect(payloadOf(receipt)).toMatchObject({
    message: payloadOf(message)['jti'],
    digest: createHash('sha256').update(message).digest('base64url'),
    iss: payloadOf(message)['aud'],
    aud: payloadOf(message)['iss'],
  });
});

test('what it shows decoded is what they say', () => {
  const decoded = blocks('json').map((text) => JSON.parse(text) as unknown);
  for (const jws of [message, receipt])
    expect(decoded).toContainEqual({ header: decodeProtectedHeader(jws), payload: payloadOf(jws) });
});

test('its table has every kind of message, to whom it goes, and every verdict', () => {
  const rows = [...guide.matchAll(/^\| (seller|distributor) \| `(\w+)` \| .* \| (.*) \|$/gm)];
  const table = rows.map(([, to, kind, verdicts = '']) => {
    const words = [...verdicts.matchAll(/`(\w+)/g)].map(([, word]) => word);
    return [kind, { to, verdicts: words }];
  });
  expect(Object.fromEntries(table)).toEqual(
    Object.fromEntries(
      Object.entries(VERDICTS).map(([kind, verdicts]) => [kind, { to: RECIPIENT[kind as never], verdicts }]),
    ),
  );
});

test.each([
  ['docs/write-a-site.md', guide],
  ['docs/sites.md', sites],
])('%s names every reason for which an order may wait for a server', (_, page) => {
  for (const fault of [...TRANSMISSION_FAULTS, 'DistributorRefused'])
    expect(page).toMatch(new RegExp(`^\\| \`${fault}\` \\|`, 'm'));
});

test('the diagram of docs/sites.md has every message of an order that goes well, and the table the same', () => {
  const [diagram = ''] = /```mermaid\n[\s\S]*?```/.exec(sites) ?? [];
  for (const kind of ['presentation', 'payment_indicated', 'instruction', 'completed', 'paid']) {
    expect(diagram).toMatch(new RegExp(`O->>[SD]: ${kind}\\b`));
    expect(sites).toMatch(new RegExp(`^\\| \\d+ \\|.*\`${kind}\``, 'm'));
  }
});
