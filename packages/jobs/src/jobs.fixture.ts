import {
  createIdGenerator,
  ManualClock,
  seededRandom,
  stopInReverse,
  systemRandom,
  type Stoppable,
} from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import { apiKeys, tenants } from '@millrace/store';
import { startTestDatabase } from '@millrace/testkit';
import type { GatewayPrincipal } from '@millrace/relay';
import type { JobDependencies } from './job-dependencies.ts';

export const tenant = 'acme';
export const principal: GatewayPrincipal = {
  tenant,
  key_id: 'key-1',
  roles: ['developer'],
  organisation: 'default',
  user_id: null,
};

/** A PostgreSQL with a tenant and an API key, and a clock that is moved by hand. */
export interface JobsTest extends Stoppable {
  readonly dependencies: JobDependencies & { readonly clock: ManualClock };
}

export async function startJobsTest(): Promise<JobsTest> {
  const store = await startTestDatabase();
  const { database } = store;
  const sealing = await createSealing(systemRandom.bytes(32), createMemoryKeyStore());
  const clock = new ManualClock(Date.now());
  await database.insert(tenants).values([
    { id: tenant, name: tenant },
    { id: 'other', name: 'other' },
  ]);
  await database
    .insert(apiKeys)
    .values({ id: principal.key_id, tenant, name: 'key', hash: Buffer.alloc(32), roles: ['developer'] });
  const nextId = createIdGenerator(clock, seededRandom(1));
  return {
    dependencies: { database, sealing, clock, nextId },
    stop: () => stopInReverse([store, sealing]),
  };
}
