import { createApiKey, createTenant } from '@millrace/control-plane';
import type { Cluster } from '@millrace/embedded';
import { readResults } from '@millrace/stage';
import { openStream, type StreamClient } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptedId, range, textOf, untilChunk } from '../support/answer.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { postJson } from '../support/post-json.ts';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';

const slots = 2;
const maxQueue = 42;
const maxTokens = 1_600;

/** It would take far longer than any deadline here. */
const endless = {
  type: 'generate',
  prompt: 'Tell a very long story about a mill on a river.',
  temperature: 1,
  seed: 3,
  max_tokens: 1_500,
};

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster({
    env: {
      ...briefAckWait,
      MILLRACE_SLOTS: String(slots),
      MILLRACE_MAX_QUEUE: String(maxQueue),
      MILLRACE_MAX_TOKENS: String(maxTokens),
    },
  });
});

afterAll(() => cluster.stop());

const open = (apiKey = cluster.apiKey): Promise<StreamClient> => openStream(cluster.edgeUrl, { apiKey });

async function cancelAll(client: StreamClient, ids: readonly string[]): Promise<void> {
  for (const id of ids) client.send({ type: 'cancel', id });
  await Promise.all(ids.map((id) => client.ended(id)));
}

/** Takes all slots. */
async function occupy(client: StreamClient): Promise<readonly string[]> {
  const ids = range(1, slots).map((number) => `busy-${number}`);
  for (const id of ids) client.send({ ...endless, id });
  await Promise.all(ids.map((id) => untilChunk(client, id, 1)));
  return ids;
}

/** Where in the stream the results of a request begin, and where its answer does. */
async function beginningsOf(client: StreamClient, id: string) {
  const sequences: { opened?: number; chunk?: number } = {};
  for await (const { record, stored } of readResults(cluster.platform, await acceptedId(client, id))) {
    if (record.kind === 'OPENED') sequences.opened = stored.sequence;
    if (record.kind === 'CHUNK') sequences.chunk ??= stored.sequence;
  }
  return { opened: sequences.opened ?? 0, chunk: sequences.chunk ?? Infinity };
}

it('lets the one request of a quiet tenant begin among the next few, however many another one has waiting', async () => {
  await createTenant(cluster.database, { id: 'quiet' });
  const { key } = await createApiKey(cluster.database, { tenant: 'quiet' });
  const flood = await open();
  const quiet = await open(key);
  const ids = range(1, 40).map((number) => `flood-${number}`);
  for (const id of ids)
    flood.send({ ...endless, id, prompt: `Tell story ${id} about a mill on a river.`, max_tokens: 60 });
  await untilChunk(flood, 'flood-1', 1);
  await acceptedId(flood, 'flood-40');
  quiet.send({ ...endless, id: 'one', max_tokens: 8 });
  expect(await quiet.ended('one')).toMatchObject({ type: 'completed' });
  const one = await beginningsOf(quiet, 'one');
  const others = await Promise.all(ids.map((id) => beginningsOf(flood, id)));
  const between = others.filter(({ chunk }) => chunk > one.opened && chunk < one.chunk);
  const later = others.filter(({ chunk }) => chunk > one.chunk);
  // One that is due as well, and for each slot one that was given to it while the request was on its way.
  expect(between.length).toBeLessThanOrEqual(1 + slots);
  expect(later.length).toBeGreaterThan(20);
  await cancelAll(flood, ids);
  await Promise.all([flood.close(), quiet.close()]);
});

describe('a request that reaches its deadline', () => {
  it('in the middle of its answer is told so, and charged for what was generated', async ({ signal }) => {
    const client = await open();
    client.send({ ...endless, id: 'late', timeout_ms: 3_000 });
    const end = await client.ended('late');
    expect(end).toMatchObject({ type: 'error', code: 'deadline_exceeded', retryable: true });
    const request = { requestId: await acceptedId(client, 'late'), text: textOf(client, 'late') };
    const { finished, tokens } = await expectAnsweredOnce(cluster, request, signal);
    expect(finished[0]).toMatchObject({ outcome: 'EXPIRED', usage: { output_tokens: tokens.length } });
    expect(tokens.length).toBeGreaterThan(0);
    await client.close();
  });

  it('while it waits is told so then, and charged nothing', async ({ signal }) => {
    const client = await open();
    const busy = await occupy(client);
    client.send({ ...endless, id: 'waiting', timeout_ms: 500 });
    expect(await client.ended('waiting')).toMatchObject({ type: 'error', code: 'deadline_exceeded' });
    const request = { requestId: await acceptedId(client, 'waiting'), text: '' };
    const { finished } = await expectAnsweredOnce(cluster, request, signal);
    expect(finished[0]).toMatchObject({
      outcome: 'EXPIRED',
      usage: { input_tokens: 0, output_tokens: 0 },
    });
    for (const id of busy)
      expect(client.messages.some((message) => message.type === 'completed' && message.id === id)).toBe(
        false,
      );
    await cancelAll(client, busy);
    await client.close();
  });

  it('over HTTP has the status 504', async () => {
    const client = await open();
    const busy = await occupy(client);
    const response = await post({ prompt: endless.prompt, timeout_ms: 300 });
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ error: { code: 'deadline_exceeded' } });
    await cancelAll(client, busy);
    await client.close();
  });
});

it('more requests of a model than its queue takes are refused, to be sent again a little later', async () => {
  const client = await open();
  const busy = await occupy(client);
  const ids = range(slots + 1, maxQueue + 2).map((number) => `queued-${number}`);
  for (const id of ids) client.send({ ...endless, id });
  const refused = await client.find(({ type }) => type === 'error');
  expect(refused).toMatchObject({
    code: 'overloaded',
    message: `The limit of ${maxQueue} for requests of the model smollm2-135m-instruct that wait or are being answered is reached.`,
    retryable: true,
    retry_after_ms: 1_000,
  });
  const response = await post({ prompt: 'Say hello.', max_tokens: 4 });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('1');
  expect(await response.json()).toMatchObject({ error: { code: 'overloaded' } });
  await cancelAll(client, [...busy, ...ids]);
  const ends = ids.map((id) =>
    client.messages.find((message) => message.id === id && message.type === 'error'),
  );
  expect(ends.filter((end) => end !== undefined)).toHaveLength(2);
  await expect
    .poll(async () => (await post({ prompt: 'Say hello.', max_tokens: 4 })).status, { timeout: 30_000 })
    .toBe(200);
  await client.close();
});

it('more tokens than the operator allows are refused with the range, before anything is charged', async () => {
  const client = await open();
  client.send({ ...endless, id: 'many', max_tokens: maxTokens + 1 });
  const message = `max_tokens is ${maxTokens + 1}: it must be a whole number from 1 to ${maxTokens}`;
  expect(await client.ended('many')).toMatchObject({ code: 'invalid_value', param: 'max_tokens', message });
  expect(client.messages.some(({ type }) => type === 'accepted')).toBe(false);
  const response = await post({ prompt: 'Say hello.', max_tokens: maxTokens + 1 });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { code: 'invalid_value', param: 'max_tokens', message },
  });
  await client.close();
});

function post(body: object): Promise<Response> {
  return postJson(cluster, '/v1/generate', body);
}
