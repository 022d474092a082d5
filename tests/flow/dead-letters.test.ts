import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { subjects } from '@millrace/contracts';
import { createScratchFolder, defaultTenant, type Cluster } from '@millrace/embedded';
import type { Stoppable } from '@millrace/runtime';
import { closingOf, publishClosing } from '@millrace/stage/testing';
import { ledger } from '@millrace/store';
import { openStream } from '@millrace/testkit';
import { eq } from '@millrace/store/sql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptedId, textOf } from '../support/answer.ts';
import { startInstantCluster } from '../support/instant-engine.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { briefAckWait } from '../support/test-cluster.ts';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const fault = new URL('fixtures/killed-while-file.mjs', import.meta.url).href;
/** A command is a process that has to start. */
const patiently = { timeout: 60_000, interval: 200 };

let cluster: Cluster;
let folder: Stoppable & { readonly path: string };
/** Inference has a fault while it is there. */
let faultFile: string;

beforeAll(async () => {
  folder = await createScratchFolder();
  faultFile = path.join(folder.path, 'fault');
  await writeFile(faultFile, '');
  cluster = await startInstantCluster({
    env: {
      ...briefAckWait,
      MILLRACE_MAX_DELIVERIES: '2',
      MILLRACE_CLOSING_MAX_DELIVERIES: '2',
      MILLRACE_TEST_FAULT_FILE: faultFile,
      NODE_OPTIONS: `--import=${fault}`,
    },
    restartCrashed: true,
  });
});
afterAll(async () => {
  await cluster.stop();
  await folder.stop();
});

type Body = Readonly<Record<string, unknown>>;

/** A command of the command line, as another program runs it. */
async function millrace(...args: readonly string[]): Promise<Body> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, '--json'], {
    env: { ...process.env, MILLRACE_ADMIN_URL: cluster.adminUrl, MILLRACE_API_KEY: cluster.apiKey },
  });
  return JSON.parse(stdout) as Body;
}

/** The same over HTTP, for what is asked often. */
async function admin(place: string): Promise<Body> {
  const response = await fetch(`${cluster.adminUrl}/admin/v1${place}`, {
    headers: { authorization: `Bearer ${cluster.apiKey}` },
  });
  return (await response.json()) as Body;
}

/** Waits for the dead letter of a stage. */
async function letterOf(stage: string): Promise<Body> {
  let found: Body | undefined;
  await expect
    .poll(async () => {
      const { data } = (await admin(`/dead-letters?stage=${stage}`)) as { data: Body[] };
      found = data[0];
      return data.length;
    }, patiently)
    .toBe(1);
  return found ?? {};
}

const metricsOf = async (service: string): Promise<string> =>
  (await fetch(`${cluster.process(service).url}/metrics`)).text();

it('a request that a fault has killed is listed, shown masked, and answered and charged once when it is replayed', async ({
  signal,
}) => {
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  const prompt = 'Write the words that kill to ada@example.com.';
  client.send({ type: 'generate', id: 'deadly', prompt, max_tokens: 4 });
  expect(await client.ended('deadly')).toMatchObject({ type: 'error', code: 'poison_message' });
  const requestId = await acceptedId(client, 'deadly');

  const letter = await letterOf('inference');
  expect(letter).toMatchObject({
    tenant: defaultTenant,
    request_id: requestId,
    status: 'open',
    replay: 'request',
  });
  const id = String(letter['id']);
  const shown = await millrace('dead-letters', 'show', id);
  expect(shown['content']).toMatchObject({
    messages: [{ role: 'user', content: 'Write the words that kill to <EMAIL_1>.' }],
  });
  expect(JSON.stringify(shown)).not.toContain('ada@example.com');
  await expect
    .poll(() => metricsOf('jobs'), patiently)
    .toMatch(/^millrace_dead_letters_unresolved\{stage="inference".*\} 1$/mu);

  await rm(faultFile);
  const ordered = await millrace('dead-letters', 'replay', id);
  const replayId = String(ordered['replayed_as']);
  await expect
    .poll(async () => (await admin(`/dead-letters/${id}`))['replay_outcome'], patiently)
    .toBe('completed');
  client.send({ type: 'resume', request_id: replayId, after: 0 });
  expect(await client.ended(replayId)).toMatchObject({ type: 'completed' });
  await expectAnsweredOnce(cluster, { requestId: replayId, text: textOf(client, replayId) }, signal);
  const { platform } = cluster;
  const stored = await platform.bus.lastMessage('CLOSED', subjects.closed(defaultTenant, replayId));
  const closing = platform.codec.decode('request.closed', stored?.payload ?? new Uint8Array());
  expect(closing.replay_of).toBe(requestId);
  expect(closing.trail.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual([
    'jobs accepted',
    'auth-quota admitted',
    'pii masked',
    'inference completed',
  ]);
  await expect(millrace('dead-letters', 'replay', id)).rejects.toMatchObject({ code: 1 });
  expect(await millrace('dead-letters', 'list', '--status', 'replayed')).toMatchObject({ data: [{ id }] });
  await client.close();
});

it('a closing that could not be charged is charged once when its stage tries again', async () => {
  const { platform, database } = cluster;
  const closing = closingOf(defaultTenant, { model: 'priceless', request_id: randomUUID() });
  await publishClosing(platform.bus, platform.codec, closing);
  const letter = await letterOf('billing');
  expect(letter).toMatchObject({ tenant: null, stream: 'CLOSED', replay: 'stage' });
  const id = String(letter['id']);
  expect(await millrace('dead-letters', 'show', id)).toMatchObject({
    facts: { request_id: closing.request_id, model: 'priceless' },
    content: null,
  });
  await millrace('prices', 'add', 'priceless', 'USD', '1', '1', '--valid-from', '2020-01-01T00:00:00Z');
  const charges = () => database.select().from(ledger).where(eq(ledger.requestId, closing.request_id));
  for (const again of [[], ['--again']]) {
    await millrace('dead-letters', 'replay', id, ...again);
    await expect.poll(async () => (await charges()).length, patiently).toBe(1);
    await expect.poll(async () => (await platform.bus.streamState('RETURNED')).messages, patiently).toBe(0);
  }
  expect(await charges()).toMatchObject([
    { model: 'priceless', amount: expect.not.stringMatching(/^0\.0+$/u) },
  ]);
});

it('what cannot be read is discarded, with a reason', async () => {
  await cluster.platform.bus.publish({
    subject: subjects.received(defaultTenant),
    payload: Buffer.from('not an Avro message'),
  });
  const letter = await letterOf('auth-quota');
  const id = String(letter['id']);
  await expect(millrace('dead-letters', 'replay', id)).rejects.toMatchObject({ code: 1 });
  expect(await millrace('dead-letters', 'discard', id, '--reason', 'garbage of a test')).toMatchObject({
    status: 'discarded',
    discard_reason: 'garbage of a test',
  });
  expect(await millrace('dead-letters', 'list', '--stage', 'auth-quota')).toEqual({ data: [] });
});
