import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectNats, type Bus } from '@millrace/bus';
import { bucketDefinitions, createCodec, laneOf, streamDefinitions, subjects } from '@millrace/contracts';
import { createLogger, ManualClock, stopInReverse, type Stoppable } from '@millrace/runtime';
import { startTestNats } from '@millrace/testkit';
import { isPassedOn, passOn, type ServedRequest } from './pass-on.ts';
import { openResultLog } from './result-log.ts';
import { resultRecord } from './result-record.ts';
import { receivedOf } from './testing.ts';

const codec = createCodec();
const clock = new ManualClock();
const parts: Stoppable[] = [];
let bus: Bus;
beforeAll(async () => {
  const nats = await startTestNats();
  parts.push(nats);
  bus = await connectNats({
    url: nats.url,
    name: 'pass-on',
    logger: createLogger({ service: 'stage', level: 'silent' }),
  });
  parts.push(bus);
  await bus.provision(streamDefinitions(), bucketDefinitions);
}, 60_000);
afterAll(() => stopInReverse(parts));

/** A request whose own model is `first`, and whose next ones are `second` and `third`. */
const requestOf = () => receivedOf('acme', clock.now(), { model: 'first', fallbacks: ['second', 'third'] });

type Request = ReturnType<typeof requestOf>;

/** The request as it is delivered to the worker of a model now. */
async function servedBy(model: string, event: Request): Promise<ServedRequest> {
  return { event, log: await openResultLog({ bus, codec }, event), model, stage: 'inference' };
}

/** How often the worker of a model was told of a request. */
async function told(model: string, { request_id, priority, tenant }: Request): Promise<number> {
  let count = 0;
  for await (const { payload } of bus.read('SCRUBBED', subjects.scrubbed(model, laneOf(priority, tenant))))
    if (codec.decode('request.scrubbed', payload).request_id === request_id) count += 1;
  return count;
}

it('goes to the next model, which is told once, however often the request is delivered again', async () => {
  const event = requestOf();
  expect(await passOn({ bus, codec, clock }, await servedBy('first', event), 'model_failed')).toBe(true);
  for (let delivered = 0; delivered < 2; delivered += 1)
    expect(await isPassedOn({ bus, codec, clock }, await servedBy('first', event))).toBe(true);
  expect(await told('second', event)).toBe(1);
  expect(await told('third', event)).toBe(0);
});

it('is told by the redelivery where a crash came between the record and the word', async () => {
  const event = requestOf();
  const { log } = await servedBy('first', event);
  await log.append(resultRecord(event, { kind: 'REROUTED', at: clock.now(), served_by: 'second' }));
  expect(await told('second', event)).toBe(0);
  expect(await isPassedOn({ bus, codec, clock }, await servedBy('first', event))).toBe(true);
  expect(await told('second', event)).toBe(1);
});

it('is left alone once the next model is at it', async () => {
  const event = requestOf();
  await passOn({ bus, codec, clock }, await servedBy('first', event), 'model_failed');
  const next = await servedBy('second', event);
  expect(await isPassedOn({ bus, codec, clock }, next)).toBe(false);
  await next.log.append(
    resultRecord(event, { kind: 'ATTEMPT', at: clock.now(), attempt: 1, served_by: 'second' }),
  );
  expect(await isPassedOn({ bus, codec, clock }, await servedBy('first', event))).toBe(true);
  expect(await told('second', event)).toBe(1);
});

it('stays where something of the answer is stored, or there is no next model', async () => {
  const event = requestOf();
  const begun = await servedBy('first', event);
  await begun.log.append(resultRecord(event, { kind: 'CHUNK', at: clock.now(), attempt: 1, token_count: 1 }));
  expect(await passOn({ bus, codec, clock }, begun, 'model_failed')).toBe(false);
  const alone = { ...requestOf(), fallbacks: [] };
  expect(await passOn({ bus, codec, clock }, await servedBy('first', alone), 'model_failed')).toBe(false);
});

it('tells nobody where another writer has taken the log over', async () => {
  const event = requestOf();
  const overtaken = await servedBy('first', event);
  const other = await servedBy('first', event);
  await other.log.append(resultRecord(event, { kind: 'ATTEMPT', at: clock.now(), attempt: 1 }));
  await expect(passOn({ bus, codec, clock }, overtaken, 'model_failed')).rejects.toMatchObject({
    code: 'fenced',
  });
  expect(await told('second', event)).toBe(0);
});
