import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { subjects } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import { startTestNats } from '@millrace/testkit';
import { allEventsOf, startIngressTest, type IngressTest } from './ingress.fixture.ts';

/** Nobody gives receipts here, until a test lets somebody say that there is none. */
let ingress: IngressTest;
beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
}, 60_000);
afterAll(() => ingress.stop());

const headers = { 'x-millrace-receipt': 'true' };
const failure = {
  code: 'internal_error',
  message: 'It broke.',
  param: null,
  retryable: false,
  retry_after_ms: null,
};

test('an answer whose receipt does not come is given without it, and says where to fetch it', async () => {
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hi' }, { headers });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('one');
  await writer.finish();
  expect(await (await posted).json()).toMatchObject({
    text: 'one',
    receipt: null,
    receipt_url: `/v1/requests/${writer.requestId}/receipt`,
  });
}, 60_000);

test('a stream that breaks off says so at once: there is no receipt to wait for', async () => {
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hi', stream: true }, { headers });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('one');
  await writer.finish({ outcome: 'FAILED', failure });
  const last = (await allEventsOf(await posted)).at(-1);
  expect(last?.event).toBe('error');
  expect(last?.data).not.toHaveProperty('receipt');
}, 60_000);

describe('where there is none', () => {
  let none: Stoppable;
  beforeAll(async () => {
    const { bus, codec } = ingress.stage;
    none = await bus.respond(subjects.receipt, 'audit', async () =>
      codec.encode('receipt.given', { receipt: null }),
    );
  });
  afterAll(() => none.stop());

  test('a stream that is read again is given the receipt, or says where to fetch it, where it asks for that', async () => {
    const client = ingress.client();
    const posted = client.post({ prompt: 'Hi', stream: true });
    const writer = await client.nextRequest();
    await writer.attempt(1);
    await writer.chunk('one');
    await writer.finish();
    expect((await allEventsOf(await posted)).at(-1)?.data).not.toHaveProperty('receipt');
    const url = `${ingress.url}/v1/requests/${writer.requestId}/stream`;
    const read = (asked: string): Promise<Response> =>
      fetch(url, { headers: { authorization: `Bearer ${client.apiKey}`, 'x-millrace-receipt': asked } });
    const last = (await allEventsOf(await read('true'))).at(-1);
    expect(last).toMatchObject({
      event: 'completed',
      data: { receipt: null, receipt_url: `/v1/requests/${writer.requestId}/receipt` },
    });
    expect((await read('perhaps')).status).toBe(400);
  }, 60_000);

  test.each([
    ['true, false', 400],
    ['1', 400],
    ['', 400],
    ['TRUE', 200],
    ['false', 200],
  ])(
    'X-Millrace-Receipt: %s is answered %i',
    async (value, status) => {
      const client = ingress.client();
      const posted = client.post(
        { prompt: 'Hi', max_tokens: 1 },
        { headers: { 'x-millrace-receipt': value } },
      );
      const answered = status === 400 ? await posted : await finished(client, posted);
      expect(answered.status).toBe(status);
    },
    60_000,
  );
});

async function finished(
  client: ReturnType<IngressTest['client']>,
  posted: Promise<Response>,
): Promise<Response> {
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('one');
  await writer.finish();
  return posted;
}
