import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createScratchFolder, defaultTenant, type Cluster } from '@millrace/embedded';
import type { Stoppable } from '@millrace/runtime';
import { ledger, trainingExamples } from '@millrace/store';
import { eq } from '@millrace/store/sql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startInstantCluster } from '../support/instant-engine.ts';
import { postJson } from '../support/post-json.ts';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const patiently = { timeout: 60_000, interval: 100 };

let cluster: Cluster;
let folder: Stoppable & { readonly path: string };
beforeAll(async () => {
  folder = await createScratchFolder();
  cluster = await startInstantCluster();
});
afterAll(async () => {
  await cluster.stop();
  await folder.stop();
});

type Body = Readonly<Record<string, unknown>>;

/** A command of the command line, as another program runs it. */
async function millrace(args: readonly string[], payer = ''): Promise<Body> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, '--json'], {
    env: {
      ...process.env,
      MILLRACE_ADMIN_URL: cluster.adminUrl,
      MILLRACE_API_KEY: cluster.apiKey,
      MILLRACE_API_URL: cluster.ingressUrl,
      MILLRACE_RERUN_API_KEY: payer,
    },
  });
  return JSON.parse(stdout) as Body;
}

const ask = (content: string): Promise<Response> =>
  postJson(cluster, '/v1/chat/completions', {
    model: 'instant',
    consent: true,
    messages: [{ role: 'user', content }],
  });

const kept = () => cluster.database.select().from(trainingExamples);
const charges = () => cluster.database.select().from(ledger).where(eq(ledger.tenant, 'payer'));

it('runs what clients have consented to again, compares, charges who is named, and leaves out what is withdrawn', async () => {
  await millrace(['personal-data', 'set-policy', defaultTenant, '--training-allowed', 'on']);
  await expect.poll(async () => (await ask('What is one, ada@example.com?')).status, patiently).toBe(200);
  for (const question of ['What is two?', 'What is three?']) expect((await ask(question)).status).toBe(200);
  await expect.poll(async () => (await kept()).length, patiently).toBe(3);

  await millrace(['tenants', 'create', 'payer']);
  const payer = String(
    (await millrace(['keys', 'create', '--tenant', 'payer', '--roles', 'developer']))['secret'],
  );
  const file = path.join(folder.path, 'rerun.jsonl');
  const rerun = ['rerun', 'examples', defaultTenant, '--model', 'instant', '--out', file];
  const report = await millrace([...rerun, '--against', 'instant', '--max-changed', '0'], payer);
  expect(report).toMatchObject({
    examples: 3,
    equal: 3,
    similarity_mean: 1,
    baseline: { model: 'instant', failed: 0 },
    candidate: { model: 'instant', failed: 0 },
    breaches: [],
  });
  await expect.poll(async () => (await charges()).length, patiently).toBe(6);

  const [first] = await kept();
  const withdraw = ['personal-data', 'withdraw-training', defaultTenant, '--request', first?.requestId ?? ''];
  expect(await millrace(withdraw)).toMatchObject({ withdrawn: 1 });
  const again = await millrace([...rerun, '--against', 'instant'], payer);
  expect(again).toMatchObject({ id: report['id'], examples: 2, withdrawn: 1 });
  expect(await charges()).toHaveLength(6);
});
