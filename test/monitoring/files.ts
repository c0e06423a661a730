import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../scripts/support.ts';

/* What deploy/monitoring/ and the pages beside it say, as far as tests compare it. */

const FOLDER = join(PROJECT, 'deploy/monitoring');

function texts(folder: string, ending: string): string[] {
  const names = readdirSync(join(FOLDER, folder)).filter((name) => name.endsWith(ending));
  return names.map((name) => readFileSync(join(FOLDER, folder, name), 'utf8'));
}

export interface Alert {
  readonly name: string;
  readonly text: string;
}

/** Every alert with its own lines. */
export function alerts(): Alert[] {
  return texts('rules', '.yml').flatMap((text) =>
    text
      .split(/^ {6}- (?=alert:|record:)/m)
      .filter((rule) => rule.startsWith('alert:'))
      .map((rule) => ({ name: /^alert: (\w+)/.exec(rule)?.[1] ?? '', text: rule })),
  );
}

/** Which alerts keep which others from being told. */
export function inhibitions(): { readonly sources: readonly string[]; readonly targets: readonly string[] }[] {
  const config = readFileSync(join(FOLDER, 'alertmanager.yml'), 'utf8');
  const named = String.raw`\['alertname =~? "([\w|]+)"'\]`;
  const pairs = new RegExp(`- source_matchers: ${named}\\s+target_matchers: ${named}`, 'g');
  const found = [...config.matchAll(pairs)];
  if (found.length !== config.match(/source_matchers/g)?.length) throw new Error('an inhibition names no alerts');
  return found.map(([, sources = '', targets = '']) => ({ sources: sources.split('|'), targets: targets.split('|') }));
}

/** The names of the alerts that the rules' own tests expect to fire. */
export function testedAlerts(): Set<string> {
  return new Set(
    texts('tests', '.yml').flatMap((text) => [...text.matchAll(/alertname="(\w+)"/g)].map(([, name = '']) => name)),
  );
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

export function dashboards(): Dashboard[] {
  return texts('grafana/dashboards', '.json').map((text) => JSON.parse(text) as Dashboard);
}

/** The expressions of all rules; those of several lines are joined. */
function expressions(): string[] {
  const lines = texts('rules', '.yml').flatMap((text) => [
    ...text.matchAll(/^ {8}expr: (?:\|\n((?: {10}.*\n)+)|(.*)$)/gm),
  ]);
  return lines.map(([, block, line]) => block ?? line ?? '');
}

function askedExpressions(): string[] {
  const panels = dashboards().flatMap(({ panels: all }) => all);
  return [...expressions(), ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))];
}

/** Every metric that a rule or a dashboard asks for; `up` is Prometheus' own, and names with a colon are those of other rules. */
export function askedMetrics(): string[] {
  const names = askedExpressions().flatMap(
    (text) => withoutLabels(text).match(/\b[a-z]+(?:_[a-z0-9]+)+\b(?!\s*\()|\bwebhooks\b/g) ?? [],
  );
  return [...new Set(names)].toSorted();
}

/** What a rule or a dashboard says of a label: the metric, and the values that it takes or leaves out, where these are plain. */
export interface AskedLabel {
  readonly metric: string;
  readonly label: string;
  readonly values: readonly string[];
}

const PLAIN_VALUES = /^[\w./|-]+$/;

/** Every label that a selector of a rule or a dashboard names, of metrics of ours. */
export function askedLabels(): AskedLabel[] {
  const selectors = askedExpressions().flatMap((text) => [
    ...text.matchAll(/\b([a-z_]+?)(?:_bucket|_sum|_count)?\{([^}]*)\}/g),
  ]);
  return selectors.flatMap(([, metric = '', matchers = '']) =>
    [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label = '', value = '']) => ({
      metric,
      label,
      values: PLAIN_VALUES.test(value) ? value.split('|') : [],
    })),
  );
}

/** The labels by which a rule or a dashboard groups each metric, where it is aggregated directly. */
export function askedGroups(): Pick<AskedLabel, 'metric' | 'label'>[] {
  const groups = askedExpressions().flatMap((text) => [
    ...text.matchAll(/\bby\s*\(([^)]*)\)\s*\((?:\w+\()?([a-z_]+?)(?:_bucket|_sum|_count)?\b(?=[){[])/g),
  ]);
  return groups.flatMap(([, labels = '', metric = '']) =>
    labels.split(',').map((label) => ({ metric, label: label.trim() })),
  );
}

/** Labels, windows, strings and recorded names are no metrics. */
function withoutLabels(text: string): string {
  return text
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
    .replaceAll(/\b(?:by|on|without)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\w+:\w+:\w+/g, ' ');
}

export interface DocumentedMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** The table of docs/observability.md. */
export function documentedMetrics(): DocumentedMetric[] {
  const page = readFileSync(join(PROJECT, 'docs/observability.md'), 'utf8');
  const rows = page.matchAll(/^\| `([a-z_]+)` \| (counter|gauge|histogram) \|([^|]*)\|/gm);
  return [...rows].map(([, name = '', type = '', labels = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
  }));
}

/** The entries of docs/runbook.md: what stands below each heading that names an alert. */
export function runbook(): Map<string, string> {
  const page = readFileSync(join(PROJECT, 'docs/runbook.md'), 'utf8');
  const [, ...sections] = page.split(/^### /m);
  return new Map(sections.map((section) => [section.split('\n')[0] ?? '', section]));
}
