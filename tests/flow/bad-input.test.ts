import { createApiKey, revokeApiKey } from '@millrace/control-plane';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { openStream, type StreamClient } from '@millrace/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { acceptedId, textOf, untilChunk } from '../support/answer.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { startTestCluster } from '../support/test-cluster.ts';

const maxInFlight = 2;
const endless = { type: 'generate', prompt: 'Tell a very long story about a mill.', max_tokens: 1_500 };

let cluster: Cluster;
let client: StreamClient;

beforeAll(async () => {
  cluster = await startTestCluster({ tenantLimits: { maxInFlight } });
});

afterAll(() => cluster.stop());

beforeEach(async () => {
  client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
});

afterEach(() => client.close());

/** The same connection answers the next request. */
async function expectToGoOn(signal: AbortSignal): Promise<void> {
  client.send({ type: 'generate', id: 'after', prompt: 'What is the capital of France?', temperature: 0 });
  expect(await client.ended('after')).toMatchObject({ type: 'completed' });
  expect(textOf(client, 'after')).toContain('Paris');
  const requestId = await acceptedId(client, 'after');
  await expectAnsweredOnce(cluster, { requestId, text: textOf(client, 'after') }, signal);
}

it('a prompt longer than the context is told both counts of tokens, and costs nothing', async ({
  signal,
}) => {
  client.send({ type: 'generate', id: 'long', prompt: 'mill river '.repeat(2_000) });
  expect(await client.ended('long')).toMatchObject({
    type: 'error',
    code: 'context_length_exceeded',
    param: null,
    message: expect.stringMatching(/^The prompt has 40\d\d tokens, .* at most 2048\.$/u) as string,
    retryable: false,
    usage: { total_tokens: 0 },
  });
  const response = await fetch(`${cluster.ingressUrl}/v1/generate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${cluster.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'mill river '.repeat(2_000) }),
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: 'context_length_exceeded' } });
  await expectToGoOn(signal);
});

it('content over 1 MiB and an unknown model are refused before they are accepted', async ({ signal }) => {
  client.send({ type: 'generate', id: 'large', prompt: 'x'.repeat(1024 * 1024 + 1) });
  expect(await client.ended('large')).toMatchObject({ code: 'payload_too_large' });
  client.send({ type: 'generate', id: 'unknown', prompt: 'Hello', model: 'gpt-9' });
  expect(await client.ended('unknown')).toMatchObject({
    code: 'model_not_found',
    message: 'There is no model "gpt-9". Models: smollm2-135m-instruct.',
    param: 'model',
  });
  expect(client.messages.filter(({ type }) => type === 'accepted')).toEqual([]);
  await expectToGoOn(signal);
});

it('more in flight than the API key may have is refused, until one of them has ended', async ({ signal }) => {
  for (const id of ['first', 'second', 'third']) client.send({ ...endless, id });
  expect(await client.ended('third')).toMatchObject({
    code: 'too_many_in_flight',
    message: 'The API key has 2 requests in flight, and may have 2.',
    retryable: true,
    retry_after_ms: expect.any(Number) as number,
  });
  for (const id of ['first', 'second']) {
    await untilChunk(client, id, 1);
    client.send({ type: 'cancel', id });
    expect(await client.ended(id)).toMatchObject({ finish_reason: 'cancelled' });
  }
  await expectToGoOn(signal);
});

it('an unknown API key is refused, and a revoked one ends its connection and gets no other', async () => {
  const { platform, database, edgeUrl } = cluster;
  const stranger = await openStream(edgeUrl, { apiKey: 'mr_unknown_unknown' });
  expect(await stranger.closed).toMatchObject({ code: 4401 });
  expect(stranger.messages).toEqual([expect.objectContaining({ type: 'error', code: 'invalid_api_key' })]);

  const { key, keyId } = await createApiKey(database, { tenant: defaultTenant });
  const revoked = await openStream(edgeUrl, { apiKey: key });
  await revoked.find(({ type }) => type === 'ready');
  await revokeApiKey({ ...platform, database }, keyId);
  expect(await revoked.closed).toMatchObject({ code: 4401 });
  const again = await openStream(edgeUrl, { apiKey: key });
  expect(await again.closed).toMatchObject({ code: 4401 });
  expect(again.messages).toEqual([expect.objectContaining({ code: 'invalid_api_key' })]);
});

it('invalid UTF-8 ends the connection with 1007, as the protocol says, and others go on', async ({
  signal,
}) => {
  const broken = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  await broken.find(({ type }) => type === 'ready');
  broken.socket.send(Buffer.from([0x7b, 0xc3, 0x28, 0x7d]), { binary: false });
  expect(await broken.closed).toMatchObject({ code: 1007 });
  await expectToGoOn(signal);
});
