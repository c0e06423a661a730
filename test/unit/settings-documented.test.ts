import { readFileSync } from 'node:fs';
import { globSync } from 'node:fs';

const source = (pattern: string) =>
  globSync(pattern)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');

test('every setting is documented, and nothing is documented that is no setting', () => {
  const known = new Set(
    source('platform/settings*.ts').match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b(?:PORT|HOST|EMBEDDED|SITES)\b/g),
  );
  const documented = readFileSync('docs/settings.md', 'utf8').matchAll(/^\| `([A-Z_]+)` \|/gm);
  const names = [...documented].map(([, name]) => name ?? '');
  expect(names.filter((name) => !known.has(name))).toEqual([]);
  const schema = source('platform/settings-{schema,tokens,sites,desk}.ts').matchAll(/^ {2,4}([A-Z_]+): /gm);
  expect([...schema].map(([, name]) => name).filter((name) => !names.includes(name ?? ''))).toEqual([]);
});
