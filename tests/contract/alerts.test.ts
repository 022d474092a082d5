import { readdir, readFile } from 'node:fs/promises';
import { parser } from '@prometheus-io/lezer-promql';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const root = new URL('../../', import.meta.url);
const folder = new URL('infra/prometheus/', root);

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const files = (await readdir(folder)).filter((name) => name.startsWith('alerts'));
const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
const alerts = texts.flatMap((text) => {
  const { groups } = parse(text) as { readonly groups: readonly { readonly rules: readonly Alert[] }[] };
  return groups.flatMap(({ rules }) => rules);
});
const page = await readFile(new URL('docs/reference/metrics.md', root), 'utf8');

/** The texts of all nodes of a kind, by the grammar of Prometheus itself. */
function partsOf(expression: string, ...kinds: readonly string[]): readonly string[] {
  const parts: string[] = [];
  parser.parse(expression).iterate({
    enter({ name, from, to }) {
      if (kinds.includes(name)) parts.push(expression.slice(from, to));
    },
  });
  return parts;
}

it('each file of alerts is loaded by Prometheus, and mounted for it', async () => {
  const { rule_files: loaded } = parse(await readFile(new URL('prometheus.yml', folder), 'utf8')) as {
    readonly rule_files: readonly string[];
  };
  expect(loaded.toSorted()).toEqual(files.toSorted());
  const compose = await readFile(new URL('docker-compose.yml', root), 'utf8');
  for (const file of files) {
    expect(compose).toContain(`file: infra/prometheus/${file}`);
    expect(compose).toContain(`target: /etc/prometheus/${file}`);
  }
});

it('no two have one name', () => {
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
});

it.each(alerts)('$alert is parsed by Prometheus, and says how bad it is and what to do', (alert) => {
  const { expr, for: holds = '0s', labels, annotations } = alert;
  // `⚠` is what does not fit the grammar.
  expect(partsOf(expr, '⚠')).toEqual([]);
  expect(['warning', 'critical']).toContain(labels.severity);
  expect(holds).toMatch(/^\d+[smh]$/u);
  expect(annotations.summary).toMatch(/\S/u);
  expect(annotations.description).toMatch(/\S/u);
});

it.each(alerts)('$alert asks for metrics that a process exposes', ({ expr }) => {
  const metrics = partsOf(expr, 'Identifier').filter((name) => name.startsWith('millrace_'));
  expect(metrics).not.toEqual([]);
  for (const metric of metrics) expect(page).toContain(`\`${metric}\``);
});

it.each([
  ['the oldest dead letter', 'millrace_dead_letters_oldest_age_seconds'],
  ['the oldest request of a queue', 'millrace_intake_oldest_seconds'],
  ['what is not in Kafka yet', 'millrace_mirror_lag_seconds'],
])('there is one on %s', (_what, metric) => {
  expect(alerts.filter(({ expr }) => expr.includes(metric))).not.toEqual([]);
});

it('a broken expression is found', () => {
  expect(partsOf('max(millrace_x) >', '⚠')).not.toEqual([]);
});
