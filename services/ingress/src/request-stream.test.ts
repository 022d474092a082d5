import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestNats } from '@millrace/testkit';
import {
  allEventsOf,
  eventsOf,
  startIngressTest,
  type IngressTest,
  type TestClient,
} from './ingress.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let ingress: IngressTest;

beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
});

afterAll(() => ingress.stop());

function read(
  { apiKey }: Pick<TestClient, 'apiKey'>,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
  query = '',
): Promise<Response> {
  return fetch(`${ingress.url}/v1/requests/${requestId}/stream${query}`, {
    headers: { authorization: `Bearer ${apiKey}`, ...headers },
  });
}

const textOf = (events: readonly { readonly data: unknown }[]): string =>
  events.map(({ data }) => (data as { text?: string }).text ?? '').join('');

test('an answer is read by several clients at once, from where each of them is, and goes on for all', async () => {
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hi', stream: true });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('one ');
  await writer.chunk('two ');
  const original = eventsOf(await posted);
  await original.next();
  const readers = await Promise.all([
    read(client, writer.requestId),
    read(client, writer.requestId, { 'last-event-id': '1' }),
    read(client, writer.requestId, {}, '?after=2'),
  ]);
  await writer.chunk('three');
  await writer.finish();
  const seen = await Promise.all(readers.map(allEventsOf));
  expect(seen.map(textOf)).toEqual(['one two three', 'two three', 'three']);
  for (const events of seen) expect(events.at(-1)).toMatchObject({ event: 'completed', id: '3' });
  expect(seen[1]?.map(({ id }) => id)).toEqual(['2', '3', '3']);
});

test('an answer that has ended is read again, and a reader that leaves does not end it', async () => {
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hi', stream: true });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('one ');
  const leaving = await read(client, writer.requestId);
  await leaving.body?.cancel();
  await writer.chunk('two');
  await writer.finish();
  const events = await allEventsOf(await posted);
  expect(textOf(events)).toBe('one two');
  expect(await allEventsOf(await read(client, writer.requestId))).toEqual(events);
});

test('the same request sent again goes on behind the Last-Event-ID', async () => {
  const client = ingress.client();
  const headers = { 'idempotency-key': 'key' };
  const first = client.post({ prompt: 'Hi', stream: true }, { headers });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('one ');
  await writer.chunk('two');
  await writer.finish();
  await allEventsOf(await first);
  const again = await client.post(
    { prompt: 'Hi', stream: true },
    { headers: { ...headers, 'last-event-id': '1' } },
  );
  expect(textOf(await allEventsOf(again))).toBe('two');
});

async function statusOf(response: Promise<Response>): Promise<unknown[]> {
  const { error } = (await (await response).json()) as { error: { code: string; param: string | null } };
  return [(await response).status, error.code, error.param];
}

test("someone else's request, an unknown one and a wrong place are refused", async () => {
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hi', stream: true });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.finish();
  await allEventsOf(await posted);
  expect(await statusOf(read(ingress.client(), writer.requestId))).toEqual([
    404,
    'request_not_found',
    'request_id',
  ]);
  expect(await statusOf(read(client, 'nothing'))).toEqual([404, 'request_not_found', 'request_id']);
  expect(await statusOf(read(client, writer.requestId, { 'last-event-id': 'x' }))).toEqual([
    400,
    'invalid_value',
    'Last-Event-ID',
  ]);
  expect(await statusOf(read(client, writer.requestId, { 'last-event-id': '7' }))).toEqual([
    400,
    'invalid_value',
    'Last-Event-ID',
  ]);
  expect(await statusOf(read(client, writer.requestId, {}, '?after=7'))).toEqual([
    400,
    'invalid_value',
    'after',
  ]);
});
