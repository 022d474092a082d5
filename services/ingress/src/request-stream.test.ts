import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { controlKeys } from '@millrace/contracts';
import { compileValidator } from '@millrace/runtime';
import { startTestNats } from '@millrace/testkit';
import { eventSchemas } from './generate-schema.ts';
import { allEventsOf, eventsOf, startIngressTest, type IngressTest } from './ingress.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let ingress: IngressTest;
const requireChunk = compileValidator(eventSchemas.chunk);

beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
});

afterAll(() => ingress.stop());

function stream(apiKey: string, requestId: string, after: Readonly<Record<string, string>> = {}, query = '') {
  return fetch(`${ingress.url}/v1/requests/${requestId}/stream${query}`, {
    headers: { authorization: `Bearer ${apiKey}`, ...after },
  });
}

const numbersOf = (events: readonly { readonly id: string | undefined }[]): readonly (string | undefined)[] =>
  events.map(({ id }) => id);

test('an answer is read behind the chunk that its reader has, by several at once, while it is generated and later', async () => {
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hello', stream: true }, { headers: { 'idempotency-key': 'k' } });
  const writer = await client.nextRequest();
  await writer.chunk('one ');
  await writer.chunk('two ');
  const { requestId } = writer;
  const readers = [
    eventsOf(await stream(client.apiKey, requestId)),
    eventsOf(await stream(client.apiKey, requestId, { 'last-event-id': '1' })),
    eventsOf(await stream(client.apiKey, requestId, {}, '?after=1')),
  ];
  const first = await Promise.all(readers.map((events) => events.next()));
  expect(first.map(({ value }) => value?.id)).toEqual(['1', '2', '2']);
  requireChunk(first[0]?.value?.data);
  await writer.chunk('three');
  await writer.finish();
  expect(numbersOf(await allEventsOf(await posted))).toEqual(['1', '2', '3', '3']);
  const later = await allEventsOf(await stream(client.apiKey, requestId, { 'last-event-id': '2' }));
  expect(later.map(({ event }) => event)).toEqual(['chunk', 'completed']);
});

test('a request of someone else is not there, and a number that is none is refused', async () => {
  const [owner, other] = [ingress.client(), ingress.client()];
  const posted = owner.post({ prompt: 'Hello' });
  const writer = await owner.nextRequest();
  const { requestId } = writer;
  const foreign = await stream(other.apiKey, requestId);
  expect(foreign.status).toBe(404);
  expect(await foreign.json()).toMatchObject({ error: { code: 'request_not_found' } });
  const wrong = await stream(owner.apiKey, requestId, { 'last-event-id': 'x' });
  expect(wrong.status).toBe(400);
  expect(await wrong.json()).toMatchObject({ error: { code: 'invalid_value', param: 'Last-Event-ID' } });
  await writer.finish();
  await posted;
});

test('a request is cancelled by its id or its idempotency key, by its owner alone', async () => {
  const [owner, other] = [ingress.client(), ingress.client()];
  const cancel = (client: typeof owner, body: object) => client.post(body, { path: '/v1/requests/cancel' });
  for (const byKey of [true, false]) {
    const key = `cancelled ${byKey}`;
    const posted = owner.post({ prompt: 'Hello' }, { headers: { 'idempotency-key': key } });
    const writer = await owner.nextRequest();
    const { requestId } = writer;
    const body = byKey ? { idempotency_key: key } : { request_id: requestId };
    expect((await cancel(other, body)).status).toBe(404);
    expect((await cancel(owner, body)).status).toBe(202);
    const control = ingress.stage.bus.bucket('CONTROL');
    expect(await control.get(controlKeys.cancellation(requestId))).toBeDefined();
    await writer.finish({ outcome: 'CANCELLED', finish_reason: 'cancelled' });
    expect(await (await posted).json()).toMatchObject({ finish_reason: 'cancelled' });
  }
  for (const body of [{}, { request_id: 'a', idempotency_key: 'b' }, { request: 'x' }])
    expect((await cancel(owner, body)).status).toBe(400);
});
