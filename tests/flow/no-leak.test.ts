import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { subjects } from '@millrace/contracts';
import {
  createScratchFolder,
  defaultTenant,
  startCluster,
  type Cluster,
  type ScratchFolder,
} from '@millrace/embedded';
import { openStream, type StreamClient } from '@millrace/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acceptedId, range, textOf } from '../support/answer.ts';
import { untilDeadLetters } from '../support/dead-letters.ts';
import { findValues } from '../support/find-values.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { publishIntake, untilAnswered } from '../support/queues.ts';
import { untilDrained } from '../support/work-queues.ts';

const poison = new URL('../chaos/fixtures/killed-by-prompt.mjs', import.meta.url).href;
/** So many values in prompts, and as many in their answers. */
const prompts = 100;
/** How much of an answer is looked for: long enough not to stand anywhere by chance. */
const answerLength = 20;

let folder: ScratchFolder;
let cluster: Cluster;

beforeEach(async () => {
  folder = await createScratchFolder();
  cluster = await startCluster({
    dataDirectory: folder.path,
    env: {
      MILLRACE_ACK_WAIT: '2s',
      MILLRACE_ANSWER_CACHE: '0',
      MILLRACE_LOG_LEVEL: 'trace',
      MILLRACE_MAX_DELIVERIES: '2',
      NODE_OPTIONS: `--import=${poison}`,
    },
    restartCrashed: true,
  });
});

afterEach(async () => {
  await cluster.stop();
  await folder.stop();
});

/** What a person might write into a prompt and would not want to find on a disk. */
function secretOf(number: number): string {
  const digits = String(number).padStart(3, '0');
  const kinds = [
    `patient-${digits}-Österreich-kr7q`,
    `user${digits}@hospital.example`,
    `+49 30 9018${digits}20`,
    `project Quicksilver ${digits} Ω`,
    `"pass\\word"-${digits}-x9Lm`,
  ];
  return kinds[number % kinds.length] ?? '';
}

it('leaves no prompt and no answer in any file, log or dead letter', async ({ signal }) => {
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  const secrets = range(1, prompts).map(secretOf);
  const answered = await answerAll(client, secrets, signal);
  secrets.push(...(await doTasks(client)), ...(await refuseSome(client)));
  secrets.push(...(await askByQueue(signal)));
  secrets.push(await deadLetterOne(client, signal));
  await client.close();
  await cluster.stop();

  const answers = answered.map(({ text }) => text.slice(-answerLength));
  expect(new Set([...secrets, ...answers]).size).toBeGreaterThanOrEqual(2 * prompts);
  expect(await findValues(folder.path, [...secrets, ...answers])).toEqual([]);
  await expectToFind(answered.map(({ requestId }) => requestId));
});

/** Requests and answers of queues lie there as upstream has written them, but nats-server encrypts its files. */
async function askByQueue(signal: AbortSignal): Promise<readonly string[]> {
  const secrets = ['asked', 'refused', 'metadata', 'waiting'].map((kind) => `${kind} by queue Ålesund vx27`);
  const [asked, refused, metadata, waiting] = secrets;
  const subject = subjects.intake(defaultTenant, 'orders');
  const good = { input: `Say ${asked}.`, parameters: { max_tokens: 24 }, metadata: { note: metadata } };
  await publishIntake(cluster, subject, good);
  await publishIntake(cluster, subject, `{"input": "${refused}`);
  const answers = await untilAnswered(cluster, defaultTenant, 2, signal);
  const texts = answers.flatMap(({ answer }) => answer.results.map(({ text }) => text ?? ''));
  await cluster.process('ingress').stop();
  await publishIntake(cluster, subject, { input: waiting });
  return [
    ...secrets,
    ...texts.filter((text) => text.length >= answerLength).map((text) => text.slice(-answerLength)),
  ];
}

interface Answered {
  readonly requestId: string;
  readonly text: string;
}

async function answerAll(
  client: StreamClient,
  secrets: readonly string[],
  signal: AbortSignal,
): Promise<readonly Answered[]> {
  const answered: Answered[] = [];
  for (const [index, secret] of secrets.entries()) {
    client.send({
      type: 'generate',
      id: secret,
      idempotency_key: secret,
      prompt: `Write a poem about ${secret}, and say ${secret} often.`,
      stop: [`${secret}!`],
      max_tokens: 30,
      temperature: 1,
      seed: index,
    });
    // A few at once.
    if (index >= 8) await client.ended(secrets[index - 8] ?? '');
  }
  for (const secret of secrets) {
    expect(await client.ended(secret)).toMatchObject({ type: 'completed' });
    const requestId = await acceptedId(client, secret);
    const text = textOf(client, secret);
    if (text.length >= answerLength) answered.push({ requestId, text });
  }
  await untilDrained(cluster.platform, ['RECEIVED', 'ADMITTED', 'SCRUBBED'], signal);
  const last = answered.find(({ text }) => !text.includes('@') && !text.includes('+49'));
  if (last !== undefined) await expectAnsweredOnce(cluster, last, signal);
  return answered;
}

/** Tasks that are done, and some that are refused: with secrets in texts and labels. */
async function doTasks(client: StreamClient): Promise<readonly string[]> {
  const kinds = ['summary', 'label', 'vector', 'translation', 'same label', 'long text'];
  const secrets = kinds.map((kind) => `the ${kind} of Quillon pw83`);
  const [summary = '', label = '', vector, translation, same = '', long = ''] = secrets;
  client.send({ type: 'summarize', id: 'a', text: [summary, summary], max_tokens: 8 });
  client.send({ type: 'classify', id: 'b', text: label, labels: [label, 'other'] });
  client.send({ type: 'embed', id: 'c', text: vector });
  client.send({ type: 'translate', id: 'd', text: translation, target_language: 'French', max_tokens: 8 });
  for (const id of ['a', 'b', 'c', 'd']) expect(await client.ended(id)).toMatchObject({ type: 'completed' });
  client.send({ type: 'classify', id: 'e', text: same, labels: [same, same] });
  client.send({ type: 'summarize', id: 'f', text: ['short', `${long} `.repeat(1_000)] });
  for (const id of ['e', 'f']) expect(JSON.stringify(await client.ended(id))).not.toContain('Quillon');
  return secrets;
}

/** Messages that are refused, whose errors and logs must not repeat what was in them. */
async function refuseSome(client: StreamClient): Promise<readonly string[]> {
  const secrets = ['not JSON', 'no text', 'unknown field', 'too long', 'over HTTP'].map(
    (kind) => `refused since ${kind} zk41`,
  );
  const [noJson, noText, unknownField, tooLong, overHttp] = secrets;
  client.send(`{"type":"generate","id":"1","prompt":"${noJson}`);
  client.send({ type: 'generate', id: '2', prompt: [noText] });
  client.send({ type: 'generate', id: '3', prompt: unknownField, propmt: unknownField });
  client.send({ type: 'generate', id: '4', prompt: `${tooLong} `.repeat(2_000) });
  for (const id of ['2', '3', '4']) await client.ended(id);
  const response = await fetch(`${cluster.ingressUrl}/v1/generate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${cluster.apiKey}`, 'content-type': 'application/json' },
    body: `{"prompt": "${overHttp}", "stop": {"${overHttp}": 1}`,
  });
  expect(response.status).toBe(400);
  return secrets;
}

/** A request that kills its worker each time. */
async function deadLetterOne(client: StreamClient, signal: AbortSignal): Promise<string> {
  const secret = 'the last will of Ebenezer q77';
  client.send({ type: 'generate', id: 'deadly', prompt: `${secret}: the words that kill` });
  expect(await client.ended('deadly')).toMatchObject({ code: 'poison_message' });
  await untilDeadLetters(cluster.platform, 2, signal);
  return secret;
}

/** The search finds what is there: what is not secret, and secrets that were put there. NATS has all of it encrypted. */
async function expectToFind(requestIds: readonly string[]): Promise<void> {
  const found = await findValues(folder.path, requestIds);
  const idsIn = (place: RegExp) =>
    new Set(found.filter(({ file }) => place.test(file)).map(({ value }) => value));
  expect(idsIn(/^postgres\//u).size).toBe(requestIds.length);
  expect(idsIn(/^nats\//u).size).toBe(0);
  const planted = secretOf(4);
  const forms: Readonly<Record<string, string | Buffer>> = {
    'UTF-8': planted,
    'UTF-16': Buffer.from(planted, 'utf16le'),
    JSON: JSON.stringify({ planted }),
    URL: `/?q=${encodeURIComponent(planted)}`,
    hexadecimal: Buffer.from(planted).toString('hex'),
    'base64 at 0': Buffer.from(planted).toString('base64'),
    'base64 at 1': Buffer.from(`x${planted}y`).toString('base64'),
    'base64 at 2': Buffer.from(`xy${planted}`).toString('base64'),
  };
  for (const [form, content] of Object.entries(forms)) {
    const file = `planted ${form}`;
    await writeFile(join(folder.path, file), content);
    expect(await findValues(folder.path, [planted])).toContainEqual({ value: planted, form, file });
  }
}
