import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectNats, type Bus } from '@millrace/bus';
import {
  bucketDefinitions,
  createCodec,
  streamDefinitions,
  subjects,
  type RequestClosed,
} from '@millrace/contracts';
import {
  createIdGenerator,
  createLogger,
  createMetrics,
  ManualClock,
  readSettings,
  stopInReverse,
  type Stoppable,
  systemRandom,
} from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { startTestDatabase, startTestNats, type TestDatabase, type TestNats } from '@millrace/testkit';
import { billingSettings } from './config.ts';
import { findLedgerEntry } from './find-ledger-entry.ts';
import { charge } from './ledger.ts';
import { onRequestClosed } from './on-request-closed.ts';
import { takeFromOutbox } from './outbox.ts';
import { seedPrices } from './prices.ts';
import { startBilling } from './service.ts';
import { closingOf, deliverClosings, publishClosing, readAll } from '@millrace/stage/testing';

const codec = createCodec();
const clock = new ManualClock();
const logger = createLogger({ service: 'billing', level: 'silent' });
const nextId = createIdGenerator(clock, systemRandom);
let nats: TestNats;
let postgres: TestDatabase;
let bus: Bus;

const manifest = {
  models: [
    {
      name: 'model',
      price: {
        currency: 'EUR',
        inputPerMillionTokens: '0.05',
        outputPerMillionTokens: '0.20',
        cachedAnswer: '0.5',
      },
    },
  ],
};

const parts: Stoppable[] = [];
const keep = <Part extends Stoppable>(part: Part): Part => {
  parts.push(part);
  return part;
};

beforeAll(async () => {
  nats = keep(await startTestNats());
  postgres = keep(await startTestDatabase());
  bus = keep(await connectNats({ url: nats.url, name: 'billing-test', logger }));
  await bus.provision(streamDefinitions(), bucketDefinitions);
  await seedPrices(postgres.database, manifest);
}, 60_000);
afterAll(() => stopInReverse(parts));

const dependenciesOn = (replicaBus: Bus): StageDependencies => ({
  bus: replicaBus,
  codec,
  sealing: undefined as never,
  clock,
  logger,
  metrics: createMetrics(),
});
const ledger = () => ({ database: postgres.database, codec, clock, nextId, currency: 'USD' });
const replica = () => onRequestClosed({ ...dependenciesOn(bus), ...ledger() }, () => undefined);
const entryOf = ({ request_id }: RequestClosed) => findLedgerEntry(postgres.database, request_id);
const settings = readSettings(billingSettings, {
  DATABASE_URL: 'postgres://unused',
  MILLRACE_BILLING_BATCH: '16',
});

async function closeSome(
  count: number,
  changes: Partial<RequestClosed> = {},
): Promise<{ tenant: string; closings: RequestClosed[] }> {
  const tenant = `tenant.${randomUUID()}`;
  const closings = Array.from({ length: count }, () => closingOf(tenant, changes));
  for (const closing of closings) await publishClosing(bus, codec, closing);
  return { tenant, closings };
}

async function chargedEvents(tenant: string) {
  const stored = await readAll(bus.read('BILLING', subjects.charged(tenant)));
  return stored.map(({ payload }) => codec.decode('billing.charged', payload));
}

/** Publishes what waits in the outbox. */
async function drain(replicaBus: Pick<Bus, 'publish'> = bus): Promise<void> {
  await takeFromOutbox({ database: postgres.database, clock }, 10_000, async (rows) => {
    for (const { id, subject, payload } of rows)
      await replicaBus.publish({ subject, payload, messageId: id });
  });
}

describe('the ledger', () => {
  it('charges what a closing says was used', async () => {
    const { tenant, closings } = await closeSome(1);
    expect(await replica()(await deliverClosings(bus, codec, tenant))).toEqual([true]);
    expect(await entryOf(closings[0]!)).toMatchObject({ amount: '0.0000009500', currency: 'EUR' });
  });

  it('charges an answer from the cache its share, and says so', async () => {
    const cache = { kind: 'SEMANTIC', similarity: 0.97, request_id: randomUUID() } as const;
    const { tenant, closings } = await closeSome(1, { cache });
    await replica()(await deliverClosings(bus, codec, tenant));
    expect(await entryOf(closings[0]!)).toMatchObject({ amount: '0.0000004750', cache: 'semantic' });
    await drain();
    expect(await chargedEvents(tenant)).toMatchObject([{ cache, usage: { input_tokens: 3 } }]);
  });

  it('has a row of nothing for a request that used nothing, also of a model without a price', async () => {
    const nothing = { ...closingOf('any').usage, input_tokens: 0, output_tokens: 0, source: 'NONE' } as const;
    const { tenant, closings } = await closeSome(1, { outcome: 'EXPIRED', usage: nothing });
    const free = await closeSome(1, { outcome: 'REJECTED', usage: nothing, model: 'other' });
    await replica()([
      ...(await deliverClosings(bus, codec, tenant)),
      ...(await deliverClosings(bus, codec, free.tenant)),
    ]);
    expect(await entryOf(closings[0]!)).toMatchObject({ amount: '0.0000000000', currency: 'EUR' });
    expect(await entryOf(free.closings[0]!)).toMatchObject({ amount: '0.0000000000', currency: 'USD' });
  });

  it('hands back what used a model without a price, and charges the rest of the batch', async () => {
    const priceless = await closeSome(1, { model: 'priceless' });
    const { tenant, closings } = await closeSome(1);
    const batch = [
      ...(await deliverClosings(bus, codec, priceless.tenant)),
      ...(await deliverClosings(bus, codec, tenant)),
    ];
    expect(await replica()(batch)).toEqual([false, true]);
    expect(await entryOf(priceless.closings[0]!)).toBeUndefined();
    expect(await entryOf(closings[0]!)).toBeDefined();
  });

  it('charges a cancelled request for what was generated', async () => {
    const { tenant, closings } = await closeSome(1, { outcome: 'CANCELLED', finish_reason: 'cancelled' });
    await replica()(await deliverClosings(bus, codec, tenant));
    expect((await entryOf(closings[0]!))?.amount).toBe('0.0000009500');
  });

  it('has one row for each closing when replicas get the same ones at once and again', async () => {
    const { tenant, closings } = await closeSome(60);
    const work = await deliverClosings(bus, codec, tenant);
    const answers = await Promise.all([
      replica()(work),
      replica()(work.toReversed()),
      replica()([...work, ...work]),
    ]);
    expect(answers.flat().every(Boolean)).toBe(true);
    await replica()(await deliverClosings(bus, codec, tenant, 2));
    const numbers = (await Promise.all(closings.map(entryOf)))
      .map((entry) => entry!.entryNumber)
      .toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from(numbers, (_, index) => numbers[0]! + index));
    await drain();
    expect(await chargedEvents(tenant)).toHaveLength(60);
  });

  it('leaves neither row nor message when the transaction does not commit', async () => {
    const { tenant, closings } = await closeSome(1);
    const breaking = {
      ...codec,
      encode: () => {
        throw new Error('killed');
      },
    };
    await expect(charge({ ...ledger(), codec: breaking }, closings)).rejects.toThrow('killed');
    expect(await entryOf(closings[0]!)).toBeUndefined();
    await replica()(await deliverClosings(bus, codec, tenant, 2));
    await drain();
    expect(await chargedEvents(tenant)).toHaveLength(1);
  });
});

describe('the outbox', () => {
  it('is published in the order of the ledger', async () => {
    const { tenant } = await closeSome(20);
    await replica()(await deliverClosings(bus, codec, tenant));
    await drain();
    const events = await chargedEvents(tenant);
    expect(events.map(({ entry_number }) => entry_number)).toEqual(
      events.map((_, index) => events[0]!.entry_number + index),
    );
    expect(events[0]).toMatchObject({
      tenant,
      amount: '0.0000009500',
      currency: 'EUR',
      price_version: 1,
      outcome: 'completed',
    });
  });

  it('publishes nothing twice after a crash between publishing and marking', async () => {
    const { tenant } = await closeSome(3);
    await replica()(await deliverClosings(bus, codec, tenant));
    let left = 2;
    const crashing: Pick<Bus, 'publish'> = {
      publish: async (message) => {
        if (left-- === 0) throw new Error('killed');
        return bus.publish(message);
      },
    };
    await expect(drain(crashing)).rejects.toThrow('killed');
    await drain();
    expect(await chargedEvents(tenant)).toHaveLength(3);
  });
});

describe('two replicas of the service', () => {
  it('charge and publish each closing once, also what a replica left behind that died', async () => {
    const left = await closeSome(5);
    await replica()(await deliverClosings(bus, codec, left.tenant));
    const buses = await Promise.all(
      [1, 2].map(() => connectNats({ url: nats.url, name: 'billing-replica', logger })),
    );
    const services = await Promise.all(
      buses.map((replicaBus) =>
        startBilling({ ...dependenciesOn(replicaBus), database: postgres.database }, settings),
      ),
    );
    const { tenant } = await closeSome(100);
    await expect
      .poll(() => Promise.all([left.tenant, tenant].map(async (of) => (await chargedEvents(of)).length)), {
        timeout: 30_000,
      })
      .toEqual([5, 100]);
    expect(await Promise.all(services.map(async (service) => service.ready()))).toEqual([
      undefined,
      undefined,
    ]);
    for (const service of services) await service.stop();
    for (const replicaBus of buses) await replicaBus.stop();
    const numbers = (await chargedEvents(tenant)).map(({ entry_number }) => entry_number);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }, 60_000);
});

it('seeds a price only where there is none', async () => {
  expect(await seedPrices(postgres.database, manifest)).toBe(0);
});
