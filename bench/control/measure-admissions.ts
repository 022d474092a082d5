import { setTimeout } from 'node:timers/promises';
import { sql } from '@millrace/store/sql';
import { startAuthQuota } from '@millrace/auth-quota';
import { connectNats, type Bus } from '@millrace/bus';
import {
  bucketDefinitions,
  createCodec,
  controlKeys,
  streamDefinitions,
  subjects,
  type Codec,
} from '@millrace/contracts';
import { createLogger, createMetrics, stopInReverse, systemClock, type Stoppable } from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import { receivedOf } from '@millrace/stage/testing';
import { startTestDatabase, startTestNats, type TestDatabase } from '@millrace/testkit';
import { countArrivals } from './count-arrivals.ts';
import { percentile } from '../pipeline/percentile.ts';

export interface AdmissionRow {
  readonly tenants: number;
  readonly 'admissions/s': number;
  readonly 'claim p50 ms': number;
  readonly 'claim p99 ms': number;
}

interface Measurement {
  readonly tenants: number;
  readonly requests: number;
  readonly say: (text: string) => unknown;
}

/** Requests that are paced, to see how long one takes: so many in a second, for so long. */
const pacedRate = 200;
const pacedCount = 1_000;

/**
 * Stores requests of many tenants, then starts auth-quota and waits until all are admitted: the rate. Then requests one after the
 * other, 200 in a second: how long each takes from the store to the store, which is two hops and a transaction.
 */
export async function measureAdmissions({ tenants, requests, say }: Measurement): Promise<AdmissionRow> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  try {
    say(`${tenants} tenants: starting …`);
    const logger = createLogger({ service: 'bench', level: 'warn' });
    const nats = keep(await startTestNats());
    const postgres = keep(await startTestDatabase());
    const bus = keep(await connectNats({ url: nats.url, name: 'bench', logger }));
    const codec = createCodec();
    await bus.provision(
      streamDefinitions({ receivedMaxMessages: requests + pacedCount, resultsMaxBytes: 2 ** 31 }),
      bucketDefinitions,
    );
    await createTenants(postgres, tenants);
    await publishPrice(bus, codec);
    say(`${tenants} tenants: ${requests} requests …`);
    for (let index = 0; index < requests; index += 500)
      await Promise.all(
        Array.from({ length: Math.min(500, requests - index) }, (_, place) =>
          send(bus, codec, index + place, tenants),
        ),
      );
    const dependencies = {
      bus: keep(await connectNats({ url: nats.url, name: 'auth-quota', logger })),
      codec,
      sealing: await createSealing(new Uint8Array(32), createMemoryKeyStore()),
      clock: systemClock,
      logger,
      metrics: createMetrics(),
      database: postgres.database,
    };
    const admitted = await countArrivals(bus, 'mr.request.admitted.*');
    const startedAt = performance.now();
    keep(await startAuthQuota(dependencies, settings));
    await admitted.reach(requests);
    const seconds = (performance.now() - startedAt) / 1_000;
    const times: number[] = [];
    for (let index = 0; index < pacedCount; index += 1) {
      const sentAt = performance.now();
      await send(bus, codec, index, tenants);
      await admitted.reach(requests + index + 1);
      times.push(performance.now() - sentAt);
      await setTimeout(Math.max(0, 1_000 / pacedRate - (performance.now() - sentAt)));
    }
    await admitted.stop();
    return {
      tenants,
      'admissions/s': Math.round(requests / seconds),
      'claim p50 ms': round(percentile(times, 0.5)),
      'claim p99 ms': round(percentile(times, 0.99)),
    };
  } finally {
    await stopInReverse(parts);
  }
}

const settings: Parameters<typeof startAuthQuota>[1] = {
  ackWaitMs: 60_000,
  maxBatch: 128,
  maxQueue: 10_000_000,
  maxDeliveries: 5,
  closingMaxDeliveries: 5,
  reaperGraceMs: 600_000,
  reaperWaitingGraceMs: 600_000,
  reaperIntervalMs: 60_000,
  oidcPrivate: false,
};

/** What the requests are asked of. Without a price no budget would let them through. */
const model = 'bench';

async function publishPrice(bus: Bus, codec: Codec): Promise<void> {
  const price = {
    version: 1,
    model_version: null,
    currency: 'USD',
    input_per_million: '0.05',
    cached_input_per_million: null,
    output_per_million: '0.20',
    characters_in_per_million: '0',
    characters_out_per_million: '0',
    per_request: '0',
    per_second: '0',
    cached_answer: '0',
    valid_from: 0,
    valid_until: null,
  };
  const published = codec.encode('price.published', { model, prices: [price], at: systemClock.now() });
  await bus.bucket('CONTROL').put(controlKeys.price(model), published);
}

/** Tenants as an operator would have them: each a project with a key and four limits, ten in an organisation. */
async function createTenants({ database }: TestDatabase, count: number): Promise<void> {
  await database.execute(sql`insert into organisations (id, name)
    select 'org-' || n, 'org' from generate_series(0, ${Math.ceil(count / 10)}::int) as n`);
  await database.execute(sql`insert into tenants (id, name, organisation)
    select 'tenant-' || n, 'tenant', 'org-' || n / 10 from generate_series(0, ${count - 1}::int) as n`);
  await database.execute(sql`insert into quotas (scope, subject, tokens_per_month, budget_per_month)
    select 'organisation', id, 1e15, 1e9 from organisations on conflict do nothing`);
  await database.execute(sql`insert into quotas (
      scope, subject, requests_per_minute, max_in_flight, tokens_per_day, budget_per_month)
    select 'project', id, 1000000, 1000000, 1e15, 1e9 from tenants on conflict do nothing`);
  await database.execute(sql`insert into quotas (scope, subject, tokens_per_minute)
    select 'key', 'key-of-' || id, 1e15 from tenants on conflict do nothing`);
}

/** Stores the request number `index`; tenants take turns. */
async function send(bus: Bus, codec: Codec, index: number, tenants: number): Promise<void> {
  const place = index % tenants;
  const now = systemClock.now();
  const tenant = `tenant-${place}`;
  const request = receivedOf(tenant, now, {
    principal: {
      key_id: `key-of-${tenant}`,
      roles: ['developer'],
      organisation: `org-${Math.floor(place / 10)}`,
      user_id: null,
    },
    deadline_at: now + 600_000,
    model,
    content: new Uint8Array(500),
    characters_in: 500,
    input_tokens_most: 500,
    cache: 'NONE',
  });
  await bus.publish({
    subject: subjects.received(request.tenant),
    payload: codec.encode('request.received', request),
    messageId: `${request.request_id}:received`,
  });
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
