/**
 * What the pipeline itself costs: every service a process of its own, a real nats-server and PostgreSQL, and an engine that
 * answers at once. Beside it, in the same run, as many durable hops on NATS alone.
 *
 *   npm run bench:pipeline -- [--requests N] [--json]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createScratchFolder, startCluster } from '@millrace/embedded';
import { runNatsChain } from './pipeline/nats-chain.ts';
import { percentile } from './pipeline/percentile.ts';
import { runStreamLoad } from './pipeline/stream-load.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '2000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const requests = Number(values.requests);
const usage = `npm run bench:pipeline -- [--requests N] [--json]

  --requests N  requests measured at each number of connections, 100 to 1000000 (2000)
  --json        one JSON object instead of a table
`;
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
if (!Number.isSafeInteger(requests) || requests < 100 || requests > 1_000_000) {
  process.stderr.write(`--requests is ${values.requests}: it must be a whole number from 100 to 1000000.\n`);
  process.exit(1);
}
const say = (text: string): boolean => process.stderr.write(`${text}\n`);
const round = (value: number): number => Number(value.toFixed(2));

const folder = await createScratchFolder();
say('starting nats-server, PostgreSQL and seven services …');
const cluster = await startCluster({
  dataDirectory: folder.path,
  env: {
    MILLRACE_ENGINE: 'instant',
    MILLRACE_MODEL_MANIFEST: fileURLToPath(new URL('pipeline/instant-models.json', import.meta.url)),
    MILLRACE_LOG_LEVEL: 'warn',
  },
});
try {
  const rows = [];
  for (const connections of [1, 32]) {
    const target = { url: cluster.edgeUrl, apiKey: cluster.apiKey, connections };
    say(`${connections} connections: warm-up …`);
    await runStreamLoad({ ...target, requests: Math.max(connections, requests / 4) });
    await runNatsChain(cluster.natsUrl, connections, requests / 4);
    say(`${connections} connections: ${requests} requests …`);
    const load = await runStreamLoad({ ...target, requests });
    const chain = await runNatsChain(cluster.natsUrl, connections, requests);
    const p50 = percentile(load.firstChunkMs, 0.5);
    const natsP50 = percentile(chain.ms, 0.5);
    rows.push({
      connections,
      'first chunk p50 ms': round(p50),
      'first chunk p99 ms': round(percentile(load.firstChunkMs, 0.99)),
      'requests/s': Math.round(load.requests / load.seconds),
      'chunks/s': Math.round(load.chunks / load.seconds),
      'NATS alone p50 ms': round(natsP50),
      'ratio p50': round(p50 / natsP50),
    });
  }
  if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else console.table(rows);
} finally {
  await cluster.stop();
  await folder.stop();
}
