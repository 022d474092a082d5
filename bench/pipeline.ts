/**
 * What the pipeline itself costs, with a real nats-server and PostgreSQL and an engine that answers at once: as `npm start` runs
 * it, and with a process for each service. Beside it, in the same run, as many durable hops on NATS alone.
 *
 *   npm run bench:pipeline -- [--requests N] [--json]
 */
import { fileURLToPath } from 'node:url';
import { createScratchFolder, startCluster } from '@millrace/embedded';
import { measurePipeline, type PipelineRow } from './pipeline/measure-pipeline.ts';
import { startEmbeddedChild } from './pipeline/start-embedded-child.ts';
import { readRequestOptions } from './read-request-options.ts';

const { requests, json } = readRequestOptions({
  script: 'bench:pipeline',
  counted: 'requests measured at each number of connections',
  least: 100,
  default: 2_000,
});
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
if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else console.table(rows);

async function inScratchFolder(measure: (path: string) => Promise<void>): Promise<void> {
  const folder = await createScratchFolder();
  try {
    await measure(folder.path);
  } finally {
    await folder.stop();
  }
}
