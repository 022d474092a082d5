import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { connectNats, type Bus } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions, subjects } from '@millrace/contracts';
import {
  createIdGenerator,
  createLogger,
  createMetrics,
  stopInReverse,
  type Stoppable,
  systemClock,
  systemRandom,
} from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { startTestNats, type TestNats } from '@millrace/testkit';
import { linkOf, recordAct, verifyChain, verifyTenant } from '@millrace/audit-log';
import { closingOf, deliverAll, deliverClosings, publishClosing } from '@millrace/stage/testing';
import { createChains, type RecordEntries } from './chains.ts';
import { onActPerformed } from './on-act-performed.ts';
import { onRequestClosed } from './on-request-closed.ts';

const codec = createCodec();
const logger = createLogger({ service: 'audit', level: 'silent' });
const prices = { priceOf: () => undefined, amountOf: () => undefined };
let nats: TestNats;
let bus: Bus;

const parts: Stoppable[] = [];
const keep = <Part extends Stoppable>(part: Part): Part => {
  parts.push(part);
  return part;
};

beforeAll(async () => {
  nats = keep(await startTestNats());
  bus = keep(await connect());
  await bus.provision(streamDefinitions(), bucketDefinitions);
}, 60_000);
afterAll(() => stopInReverse(parts));

const connect = () => connectNats({ url: nats.url, name: 'audit-test', logger });

function dependenciesOn(replicaBus: Bus): StageDependencies {
  const sealing = undefined as never;
  return { bus: replicaBus, codec, sealing, clock: systemClock, logger, metrics: createMetrics() };
}
function replica(replicaBus: Bus = bus) {
  return onRequestClosed(newChains(replicaBus), prices);
}

function newChains(replicaBus: Bus = bus): RecordEntries {
  return createChains(dependenciesOn(replicaBus), createIdGenerator(systemClock, systemRandom));
}
type ActHandler = ReturnType<typeof onActPerformed>;

/** Stores so many closings of a new tenant. */
async function closeSome(count: number): Promise<string> {
  const tenant = `tenant.${randomUUID()}`;
  for (let index = 0; index < count; index++) await publishClosing(bus, codec, closingOf(tenant));
  return tenant;
}

async function storedRecords(tenant: string): Promise<Uint8Array[]> {
  const records: Uint8Array[] = [];
  for await (const { payload } of bus.read('AUDIT', subjects.recorded(tenant))) records.push(payload);
  return records;
}

const verifyPayloads = (payloads: readonly Uint8Array[]) =>
  verifyChain(payloads.map((payload) => linkOf(codec, payload)).filter((link) => link !== undefined));

describe('recording', () => {
  it('appends one verifiable record for each closing, with the closing as it was stored', async () => {
    const tenant = await closeSome(5);
    const work = await deliverClosings(bus, codec, tenant);
    expect(await replica()(work)).toEqual([true, true, true, true, true]);

    expect(await verifyTenant(dependenciesOn(bus), tenant)).toEqual({ records: 5, verified: true });
    const records = (await storedRecords(tenant)).map((payload) => codec.decode('audit.recorded', payload));
    expect(records.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
    expect(records.map(({ subject_id }) => subject_id)).toEqual(
      work.map(({ closing }) => closing.request_id),
    );
    expect(Buffer.compare(records[0]!.event, work[0]!.delivery.payload)).toBe(0);
    expect(records[4]!.source_sequence).toBe(work[4]!.delivery.sequence);
  });

  it('records nothing twice when all is delivered again, to the same process or to one that starts anew', async () => {
    const tenant = await closeSome(6);
    const first = replica();
    await first(await deliverClosings(bus, codec, tenant));
    expect(await first(await deliverClosings(bus, codec, tenant, 2))).toEqual(Array(6).fill(true));
    expect(await replica()(await deliverClosings(bus, codec, tenant, 2))).toEqual(Array(6).fill(true));
    expect(await replica()(await deliverClosings(bus, codec, tenant, 1))).toEqual(Array(6).fill(true));
    expect(await verifyTenant(dependenciesOn(bus), tenant)).toEqual({ records: 6, verified: true });
  });

  it('goes on where a process stopped in the middle of a batch', async () => {
    const tenant = await closeSome(8);
    const work = await deliverClosings(bus, codec, tenant);
    await replica()(work.slice(0, 3));
    await replica()(work);
    expect(await verifyTenant(dependenciesOn(bus), tenant)).toEqual({ records: 8, verified: true });
  });

  it('records a late closing although later ones are recorded already', async () => {
    const tenant = await closeSome(4);
    const work = await deliverClosings(bus, codec, tenant);
    await replica()(work.slice(1));
    await replica()(work);
    expect(await verifyTenant(dependenciesOn(bus), tenant)).toEqual({ records: 4, verified: true });
  });

  it('never forks or repeats a chain that two replicas write to at once, the same closings delivered to both', async () => {
    const tenants = [await closeSome(40), await closeSome(40), await closeSome(40)];
    const work = (await Promise.all(tenants.map((tenant) => deliverClosings(bus, codec, tenant)))).flat();
    const other = await connect();
    const [left, right] = [replica(), replica(other)];
    const answers = await Promise.all([
      left(work),
      right(work.toReversed()),
      left(work.slice(50)),
      right(work.slice(0, 70)),
    ]);
    await other.stop();
    expect(answers.flat().every(Boolean)).toBe(true);
    for (const tenant of tenants) {
      expect(await verifyTenant(dependenciesOn(bus), tenant)).toEqual({ records: 40, verified: true });
    }
  });
});

describe('acts', () => {
  it('are recorded once, whatever is delivered or stored again, in the chain of the closings', async () => {
    const tenant = await closeSome(3);
    const actor = { keyId: 'key', userId: null, roles: ['admin'] };
    const act = { tenant, actor, action: 'key.revoke', objectType: 'key', objectId: 'k1' };
    const at = Date.now() - 3_600_000;
    const dependencies = dependenciesOn(bus);
    const ids = [await recordAct(dependencies, act), await recordAct(dependencies, { ...act, at })];
    // As from an outbox that does not know whether it was told, past the broker's memory of message ids.
    for (const { payload } of await deliverAll(bus, 'ACTS', subjects.act(tenant))) {
      await bus.publish({ subject: subjects.act(tenant), payload, messageId: randomUUID() });
    }
    const stored = await deliverAll(bus, 'ACTS', subjects.act(tenant));
    expect(stored).toHaveLength(4);
    const work = stored.map((delivery) => ({
      delivery,
      event: codec.decode('act.performed', delivery.payload),
    }));
    const chains = [newChains(), newChains()];
    const [left, right] = chains.map(onActPerformed) as [ActHandler, ActHandler];
    await Promise.all([
      left(work),
      right(work.toReversed()),
      onRequestClosed(chains[0]!, prices)(await deliverClosings(bus, codec, tenant)),
    ]);
    expect(await onActPerformed(newChains())(work)).toEqual([true, true, true, true]);
    expect(await verifyTenant(dependencies, tenant)).toEqual({ records: 5, verified: true });
    const records = (await storedRecords(tenant)).map((payload) => codec.decode('audit.recorded', payload));
    const acts = records.filter(({ kind }) => kind === 'act.performed');
    expect(acts.map(({ subject_id }) => subject_id).toSorted()).toEqual(ids.toSorted());
  });
});

describe('verification of what is stored', () => {
  it('finds a record that was changed, removed, inserted or moved, and one that cannot be read', async () => {
    const tenant = await closeSome(6);
    await replica()(await deliverClosings(bus, codec, tenant));
    const records = await storedRecords(tenant);
    const [first, second, third] = records as [Uint8Array, Uint8Array, Uint8Array];

    const changed = Uint8Array.from(third);
    const place = Buffer.from(changed).indexOf('gateway');
    changed[place] = changed[place]! ^ 1;
    expect(verifyPayloads(records.with(2, changed)).firstBroken).toEqual({ sequence: 3, reason: 'changed' });
    expect(verifyPayloads(records.toSpliced(2, 1)).firstBroken).toEqual({ sequence: 3, reason: 'removed' });
    expect(verifyPayloads(records.toSpliced(3, 0, third)).firstBroken).toEqual({
      sequence: 3,
      reason: 'inserted',
    });
    expect(verifyPayloads([first, third, second, ...records.slice(3)]).firstBroken).toEqual({
      sequence: 3,
      reason: 'reordered',
    });
    expect(linkOf(codec, third.subarray(0, 20))).toBeUndefined();
  });

  it('accepts a tenant without records', async () => {
    expect(await verifyTenant(dependenciesOn(bus), 'nobody')).toEqual({ records: 0, verified: true });
  });

  it('names a stored record that is no record', async () => {
    const tenant = await closeSome(2);
    await replica()(await deliverClosings(bus, codec, tenant));
    await bus.publish({ subject: subjects.recorded(tenant), payload: Buffer.from('garbage') });
    expect(await verifyTenant(dependenciesOn(bus), tenant)).toEqual({
      records: 3,
      verified: false,
      firstBroken: { sequence: 3, reason: 'unreadable' },
    });
  });
});
