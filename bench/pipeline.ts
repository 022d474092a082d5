/**
 * What the pipeline itself costs, with a real nats-server and PostgreSQL and an engine that answers at once: as `npm start` runs
 * it, and with a process for each service. Beside it, in the same run, as many durable hops on NATS alone.
 *
 *   npm run bench:pipeline -- [--requests N] [--json]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createScratchFolder, startCluster } from '@millrace/embedded';
import { measurePipeline, type PipelineRow } from './pipeline/measure-pipeline.ts';
import { startEmbeddedChild } from './pipeline/start-embedded-child.ts';

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

const env = {
  MILLRACE_ENGINE: 'instant',
  MILLRACE_ANSWER_CACHE: '0',
  MILLRACE_MODEL_MANIFEST: fileURLToPath(new URL('pipeline/instant-models.json', import.meta.url)),
  MILLRACE_LOG_LEVEL: 'warn',
};
const rows: PipelineRow[] = [];

say('one machine, as npm start: starting …');
await inScratchFolder(async (dataDirectory) => {
  const embedded = await startEmbeddedChild(dataDirectory, env);
  try {
    rows.push(...(await measurePipeline('npm start', embedded.target, embedded.natsUrl, requests, say)));
  } finally {
    await embedded.stop();
  }
});
say('a process for each service: starting …');
await inScratchFolder(async (dataDirectory) => {
  const cluster = await startCluster({ dataDirectory, env });
  try {
    const target = { url: cluster.edgeUrl, apiKey: cluster.apiKey };
    rows.push(...(await measurePipeline('cluster', target, cluster.natsUrl, requests, say)));
  } finally {
    await cluster.stop();
  }
});
if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else console.table(rows);

async function inScratchFolder(measure: (path: string) => Promise<void>): Promise<void> {
  const folder = await createScratchFolder();
  try {
    await measure(folder.path);
  } finally {
    await folder.stop();
  }
}
