import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METHOD_TWINS, TITLES } from '../../scripts/claims/titles.ts';
import { EVENT_CLAIMS } from '../../domain/timeline.ts';
import { ROOT } from '../support/arrows.ts';

/* docs/claims.md speaks of every claim, and of nothing that is not there. */

const page = readFileSync(join(ROOT, 'docs/claims.md'), 'utf8');

test('each of the 23 claims has its section, as a system or as a method', () => {
  const claims = [...page.matchAll(/^## Claim (\d+)(?: \((\d+)\))?:/gm)].flatMap(([, system, method]) =>
    method === undefined ? [Number(system)] : [Number(system), Number(method)],
  );
  expect(claims.toSorted((a, b) => a - b)).toEqual(TITLES.map((_, index) => index + 1));
  const twins = [...page.matchAll(/^## Claim (\d+) \((\d+)\):/gm)].map(([, system, method]) => [
    Number(method),
    Number(system),
  ]);
  expect(new Map(twins.map(([method, system]) => [method, system]))).toEqual(METHOD_TWINS);
});

test('every file and folder that the page names is there', () => {
  const named = [...page.matchAll(/`([a-z]+\/[\w./-]+)`/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('every event that the page names is one of the timeline, and shows the claim of its section', () => {
  const [, ...sections] = page.split(/^## /m);
  const wrong = sections.flatMap((section) => {
    const claim = Number(/^Claim (\d+)/.exec(section)?.[1]);
    const events = [...section.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, word = '']) => word);
    return events
      .filter((word): word is keyof typeof EVENT_CLAIMS => word in EVENT_CLAIMS)
      .filter((type) => !EVENT_CLAIMS[type].some((shown: number) => shown === claim))
      .map((type) => `${claim}: ${type}`);
  });
  expect(wrong).toEqual([]);
});
