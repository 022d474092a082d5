import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectNats, type Bus } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions, subjects } from '@millrace/contracts';
import { createLogger, createMetrics, stopInReverse, systemClock, type Stoppable } from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import {
  cancelRequest,
  openResultLog,
  resultRecord,
  watchCancellations,
  type StageDependencies,
} from '@millrace/stage';
import { deliverAll, receivedOf } from '@millrace/stage/testing';
import { startTestNats } from '@millrace/testkit';
import { onRequestAdmitted } from './on-request-admitted.ts';

const codec = createCodec();
const parts: Stoppable[] = [];
let bus: Bus;
let dependencies: StageDependencies;

beforeAll(async () => {
  const logger = createLogger({ service: 'pii', level: 'silent' });
  const nats = await startTestNats();
  parts.push(nats);
  bus = await connectNats({ url: nats.url, name: 'pii-test', logger });
  parts.push(bus);
  await bus.provision(streamDefinitions(), bucketDefinitions);
  const sealing = await createSealing(new Uint8Array(32), createMemoryKeyStore());
  dependencies = { bus, codec, sealing, clock: systemClock, logger, metrics: createMetrics() };
}, 60_000);
afterAll(() => stopInReverse(parts));

it.each([
  ['that nobody has begun costs nothing', 0, 'NONE'],
  ['that a worker has begun costs what was published', 5, 'ENGINE'],
] as const)('a cancelled request %s', async (_what, tokens, source) => {
  const event = receivedOf(`tenant-${randomUUID()}`, systemClock.now());
  const log = await openResultLog(dependencies, event);
  const { principal, transport, model, received_at, deadline_at } = event;
  const opened = { principal, transport, model, received_at, deadline_at, choices: 1 };
  await log.append(resultRecord(event, { kind: 'OPENED', at: received_at, opened }));
  if (tokens > 0) {
    const chunk = { kind: 'CHUNK', at: received_at, attempt: 1, token_count: tokens } as const;
    await log.append(resultRecord(event, { ...chunk, content: Buffer.from('sealed') }));
  }
  const subject = subjects.admitted(event.tenant);
  await bus.publish({ subject, payload: codec.encode('request.admitted', event) });
  await cancelRequest(dependencies, event, 'disconnected');
  const cancellations = await watchCancellations(dependencies);
  const [delivery] = await deliverAll(bus, 'ADMITTED', subject);
  await onRequestAdmitted(dependencies, cancellations)({ event, delivery: delivery! });
  await cancellations.stop();
  const stored = await bus.lastMessage('CLOSED', subjects.closed(event.tenant, event.request_id));
  expect(codec.decode('request.closed', stored!.payload)).toMatchObject({
    outcome: 'CANCELLED',
    usage: { output_tokens: tokens, source },
  });
});
