import { readdir, readFile } from 'node:fs/promises';
import { parser } from '@prometheus-io/lezer-promql';
import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = new URL('../../', import.meta.url);
const folder = new URL('infra/prometheus/', root);

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

let files: readonly string[];
let alerts: readonly Alert[];

beforeAll(async () => {
  files = (await readdir(folder)).filter((name) => name.startsWith('alerts'));
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
  alerts = texts.flatMap((text) => {
    const { groups } = parse(text) as { readonly groups: readonly { readonly rules: readonly Alert[] }[] };
    return groups.flatMap(({ rules }) => rules);
  });
});

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

it('each alert has one name, an expression that Prometheus parses, a severity and what to do', () => {
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
  for (const { alert, expr, for: holds, labels, annotations } of alerts) {
    // `⚠` is what does not fit the grammar.
    expect(partsOf(expr, '⚠'), alert).toEqual([]);
    expect(['warning', 'critical'], alert).toContain(labels.severity);
    expect(holds ?? '0s', alert).toMatch(/^\d+[smh]$/u);
    expect(annotations.summary, alert).toMatch(/\S/u);
    expect(annotations.description, alert).toMatch(/\S/u);
  }
});

it('each metric is one that a process exposes', async () => {
  const page = await readFile(new URL('docs/reference/metrics.md', root), 'utf8');
  for (const { alert, expr } of alerts) {
    const metrics = partsOf(expr, 'Identifier').filter((name) => name.startsWith('millrace_'));
    expect(metrics, alert).not.toEqual([]);
    for (const metric of metrics) expect(page, alert).toContain(`\`${metric}\``);
  }
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
