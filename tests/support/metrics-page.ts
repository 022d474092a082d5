/** A metric as a process exposes it. */
interface ExposedMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

const own = 'millrace_';

/** Reads the metrics of Millrace's own out of an exposition of Prometheus. */
function readMetrics(exposition: string): readonly ExposedMetric[] {
  const help = new Map<string, string>();
  const metrics: ExposedMetric[] = [];
  for (const line of exposition.split('\n')) {
    const [, kind, name = '', text = ''] = /^# (HELP|TYPE) (\S+) (.*)$/u.exec(line) ?? [];
    if (!name.startsWith(own)) continue;
    if (kind === 'HELP') help.set(name, text);
    else metrics.push({ name, type: text, help: help.get(name) ?? '' });
  }
  return metrics;
}

const introduction = `# Metrics

Each process has \`/metrics\` in the format of Prometheus, with these and those of Node itself (\`process_*\`, \`nodejs_*\`): gateways on their one port, the others on
\`MILLRACE_HEALTH_PORT\`. With \`npm start\` the worker is a process of its own and takes any free port, which its log names. The metrics of the engine are named after those of
vLLM. Nothing is charged from metrics.

This page is made of what the processes expose: \`npm test -- tests/flow/observability.test.ts -u\` writes it.
`;

/**
 * The reference page of all metrics.
 *
 * @param expositions by service, what it exposes
 */
export function renderMetricsPage(expositions: ReadonlyMap<string, string>): string {
  const services = new Map<string, { metric: ExposedMetric; exposedBy: string[] }>();
  for (const [service, exposition] of expositions) {
    for (const metric of readMetrics(exposition)) {
      const known = services.get(metric.name);
      if (known === undefined) services.set(metric.name, { metric, exposedBy: [service] });
      else known.exposedBy.push(service);
    }
  }
  const rows = [...services.values()]
    .toSorted(
      (a, b) => compare(a.exposedBy.join(), b.exposedBy.join()) || compare(a.metric.name, b.metric.name),
    )
    .map(
      ({ metric: { name, type, help }, exposedBy }) =>
        `| \`${name}\` | ${type} | ${help} | ${exposedBy.join(', ')} |`,
    );
  return `${introduction}\n| metric | type | meaning | exposed by |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
