import type { Cluster } from '@millrace/embedded';
import { subjects, type DeadLetter } from '@millrace/contracts';
import { systemTenant } from '@millrace/stage';
import { openStream, type StreamClient } from '@millrace/testkit';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptedId, numbersOf, range, textOf, untilChunk } from '../support/answer.ts';
import { untilDeadLetters } from '../support/dead-letters.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { untilDrained } from '../support/work-queues.ts';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';

let cluster: Cluster;
let client: StreamClient;
/** Dead letters so far. */
let letters = 0;

beforeAll(async () => {
  cluster = await startTestCluster({ env: briefAckWait });
  client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  await takeSamples();
});

afterAll(async () => {
  await client.close();
  await cluster.stop();
});

const stages = [
  ['request.received', 'RECEIVED', ['auth-quota']],
  ['request.admitted', 'ADMITTED', ['pii']],
  ['request.scrubbed', 'SCRUBBED', ['inference']],
  ['request.closed', 'CLOSED', ['audit', 'auth-quota', 'billing']],
] as const;

const garbage = Buffer.from('not an Avro message, and 4111 1111 1111 1111 in it');
const unknownSchema = Buffer.from('c3010123456789abcdef00', 'hex');

interface Sample {
  readonly subject: string;
  readonly payload: Uint8Array;
}

/** A message of each stage, of a request that went well. */
const samples = new Map<string, Sample>();

async function takeSamples(): Promise<void> {
  const { bus, codec } = cluster.platform;
  const all = Promise.withResolvers<void>();
  const listening = await bus.subscribe('mr.request.>', ({ subject, payload }) => {
    samples.set(codec.decodeAny(payload).name, { subject, payload });
    if (samples.size === stages.length) all.resolve();
  });
  client.send({ type: 'generate', id: 'sample', prompt: 'Say hello.', max_tokens: 8 });
  await Promise.all([client.ended('sample'), all.promise]);
  await listening.stop();
}

function sampleOf(name: string): Sample {
  const sample = samples.get(name);
  if (sample === undefined) throw new Error(`There is no ${name}.`);
  return sample;
}

/** The next dead letters, in the order of their stages. */
async function nextLetters(count: number, signal: AbortSignal): Promise<readonly DeadLetter[]> {
  const all = await untilDeadLetters(cluster.platform, letters + count, signal);
  expect(all).toHaveLength(letters + count);
  const fresh = all.slice(letters);
  letters += count;
  return fresh.toSorted((a, b) => a.stage.localeCompare(b.stage));
}

/** That a question is answered, charged and recorded as ever. */
async function expectService(signal: AbortSignal): Promise<void> {
  const id = randomUUID();
  client.send({ type: 'generate', id, prompt: 'Say hello.', max_tokens: 8 });
  expect(await client.ended(id)).toMatchObject({ type: 'completed' });
  const requestId = await acceptedId(client, id);
  await expectAnsweredOnce(cluster, { requestId, text: textOf(client, id) }, signal);
}

it.for(stages)(
  'puts what cannot be read as %s among the dead letters with its reason, and goes on',
  async ([name, stream, readers], { signal }) => {
    const { bus, sealing } = cluster.platform;
    const { subject: own, payload: whole } = sampleOf(name);
    // What lies in CLOSED stays there, so it is put under a tenant that no closing is read of.
    const subject = stream === 'CLOSED' ? subjects.closed('acme', randomUUID()) : own;
    const corrupt = [
      ['message_corrupt', garbage],
      ['schema_unknown', unknownSchema],
      ['message_corrupt', whole.slice(0, whole.length / 2)],
      ['message_corrupt', Buffer.concat([whole, garbage])],
      ['message_corrupt', Buffer.alloc(0)],
    ] as const;
    const box = await sealing.forTenant(systemTenant);
    for (const [code, payload] of corrupt) {
      await bus.publish({ subject, payload });
      const found = await nextLetters(readers.length, signal);
      expect(found.map(({ stage }) => stage)).toEqual(readers);
      for (const letter of found) {
        expect(letter).toMatchObject({ stream, subject, code, tenant: null, request_id: null });
        expect(letter.delivery_count).toBe(1);
        expect(letter.reason).not.toBe('');
        expect(Buffer.from(letter.payload).includes('4111')).toBe(false);
        const opened = box.open(letter.payload, `dead-letter:${stream}:${letter.sequence}`);
        expect(Buffer.from(opened)).toEqual(Buffer.from(payload));
      }
    }
    await expectService(signal);
  },
);

it('keeps nothing of it in the work queues', async ({ signal }) => {
  await untilDrained(cluster.platform, ['RECEIVED', 'ADMITTED', 'SCRUBBED'], signal);
  const { messages } = await cluster.platform.bus.streamState('DEADLETTER');
  expect(messages).toBe(letters);
});

it('fails a request whose content cannot be opened', async ({ signal }) => {
  const { bus, codec } = cluster.platform;
  const { subject, payload } = sampleOf('request.scrubbed');
  const event = codec.decode('request.scrubbed', payload);
  const requestId = randomUUID();
  // Content is sealed to its request: under another one's id it does not open.
  await bus.publish({
    subject,
    payload: codec.encode('request.scrubbed', { ...event, request_id: requestId }),
  });
  const [letter] = await nextLetters(1, signal);
  expect(letter).toMatchObject({
    stage: 'inference',
    code: 'decryption_failed',
    tenant: event.tenant,
    request_id: requestId,
  });
  const last = await untilClosed(event.tenant, requestId, signal);
  expect(last).toMatchObject({ outcome: 'FAILED', failure: { code: 'decryption_failed' } });
  await expectService(signal);
});

it('goes on when what is watched or asked cannot be read', async ({ signal }) => {
  const { bus } = cluster.platform;
  const control = bus.bucket('CONTROL');
  const requestId = randomUUID();
  await control.put(`cancel.${requestId}`, garbage);
  await control.put('revoked.some-key', unknownSchema);
  await control.put('model.broken', garbage);
  bus.publishCore({ subject: 'mr.gateway.g-1.resumed', payload: garbage });
  await bus.request(subjects.verify, garbage, { timeoutMs: 10_000, signal });
  await expectService(signal);
  for (const name of ['edge', 'inference', 'pii', 'auth-quota']) {
    expect(cluster.process(name).running).toBe(true);
    await cluster.process(name).restart();
  }
  client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  await expectService(signal);
});

it('ends a request in whose results something strange was written', async ({ signal }) => {
  const { bus, codec } = cluster.platform;
  client.send({
    type: 'generate',
    id: 'story',
    prompt: 'Tell a very long story about a mill.',
    max_tokens: 1_500,
  });
  await untilChunk(client, 'story', 3);
  const requestId = await acceptedId(client, 'story');
  const last = await bus.lastMessage('RESULTS', `mr.result.*.${requestId}`);
  await bus.publish({ subject: last?.subject ?? '', payload: garbage });

  const end = await client.ended('story');
  expect(end).toMatchObject({ type: 'error' });
  expect(numbersOf(client, 'story')).toEqual(range(1, client.chunks('story').length));
  const { tenant: owner } = codec.decode('result.chunk', last?.payload ?? new Uint8Array());
  const closing = await untilClosed(owner, requestId, signal);
  expect(closing).toMatchObject({ outcome: 'FAILED', failure: { code: 'message_corrupt' } });
  const [letter] = await nextLetters(1, signal);
  expect(letter).toMatchObject({ stage: 'inference', request_id: requestId });
  await expectService(signal);
});

/** The closing of a request, once there is one. */
async function untilClosed(owner: string, requestId: string, signal: AbortSignal) {
  const { bus, codec, clock } = cluster.platform;
  for (;;) {
    const closing = await bus.lastMessage('CLOSED', subjects.closed(owner, requestId));
    if (closing !== undefined) return codec.decode('request.closed', closing.payload);
    await clock.sleep(25, signal);
  }
}
