import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlKeys } from '@millrace/contracts';
import { MillraceError, type Stoppable } from '@millrace/runtime';
import { controlChanges, inTransaction, type Transaction } from '@millrace/store';
import type { Actor } from './actor.ts';
import { publishControlChanges } from './control-changes.ts';
import type { ControlDependencies } from './control-dependencies.ts';
import { startTestControlPlane } from './control-plane.fixture.ts';
import { createApiKey } from './create-api-key.ts';
import { createKey, findKey, rotateKey } from './keys.ts';
import { addPrice, type NewPrice } from './prices.ts';
import { findQuota, setQuota } from './quotas.ts';
import { revokeApiKey } from './revoke-api-key.ts';
import { grantRole, withdrawRole } from './roles.ts';
import { createTenant } from './tenants.ts';
import { createUser, updateUser } from './users.ts';

const actor: Actor = {
  tenant: 'acme',
  organisation: 'default',
  key_id: 'key',
  user_id: null,
  roles: ['admin'],
  reach: 'platform',
  scopes: null,
  allowed_models: null,
  allowed_addresses: null,
  expires_at: null,
  issuer: null,
};

let plane: ControlDependencies & Stoppable;
beforeAll(async () => {
  plane = await startTestControlPlane();
  await createTenant(plane.database, { id: 'acme' });
}, 60_000);
afterAll(() => plane.stop());

const write = <Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> =>
  inTransaction(plane.database, work);
const isRevoked = async (keyId: string): Promise<boolean> =>
  (await plane.bus.bucket('CONTROL').get(controlKeys.revocation(keyId))) !== undefined;
const untold = async (): Promise<number> => (await plane.database.select().from(controlChanges)).length;

describe('a revocation', () => {
  it('is told once it is written', async () => {
    const { keyId } = await createApiKey(plane.database, { tenant: 'acme' });
    expect(await revokeApiKey(plane, keyId)).toBe(true);
    expect(await isRevoked(keyId)).toBe(true);
    expect(await untold()).toBe(0);
  });

  it('stands while the broker is away, and is told by whoever comes next', async () => {
    const { keyId } = await createApiKey(plane.database, { tenant: 'acme' });
    const away = new MillraceError('unavailable', 'The broker is away.');
    const bus = {
      ...plane.bus,
      bucket: () => ({
        ...plane.bus.bucket('CONTROL'),
        put: () => Promise.reject(away),
        erase: () => Promise.reject(away),
      }),
    };
    await expect(revokeApiKey({ ...plane, bus }, keyId)).rejects.toBe(away);
    expect((await findKey(plane, keyId)).key.revoked_at).not.toBeNull();
    expect(await isRevoked(keyId)).toBe(false);
    // As another process does, once a second.
    expect(await publishControlChanges(plane)).toBe(1);
    expect(await isRevoked(keyId)).toBe(true);
  });
});

describe('the key of a user', () => {
  it('is told as dead when its user loses the role or is disabled, and as living when it is back', async () => {
    const { id: user } = await write((transaction) =>
      createUser(plane, transaction, 'default', { name: 'Ada' }),
    );
    await write((transaction) => grantRole(plane, transaction, { user, tenant: 'acme', role: 'analyst' }));
    const { id } = await write((transaction) =>
      createKey({ ...plane, actor }, transaction, { tenant: 'acme', user, roles: ['analyst'] }),
    );
    const told = async (): Promise<boolean> => {
      await publishControlChanges(plane);
      return isRevoked(id);
    };
    await write((transaction) => withdrawRole(transaction, { user, tenant: 'acme', role: 'analyst' }));
    expect(await told()).toBe(true);
    await write((transaction) => grantRole(plane, transaction, { user, tenant: 'acme', role: 'analyst' }));
    expect(await told()).toBe(false);
    await write((transaction) => updateUser(plane, transaction, user, { disabled: true }, undefined));
    expect(await told()).toBe(true);
    await write((transaction) => updateUser(plane, transaction, user, { disabled: false }, undefined));
    expect(await told()).toBe(false);
  });

  it('has no role that the user does not have', async () => {
    const { id: user } = await write((transaction) =>
      createUser(plane, transaction, 'default', { name: 'Bob' }),
    );
    const creating = write((transaction) =>
      createKey({ ...plane, actor }, transaction, { tenant: 'acme', user, roles: ['analyst'] }),
    );
    await expect(creating).rejects.toThrow('The user does not have the role analyst there.');
  });
});

describe('a rotation', () => {
  it('leaves the old key for the overlap, and gives the new one its bounds and limits', async () => {
    const { keyId } = await createApiKey(plane.database, { tenant: 'acme', allowedModels: ['small'] });
    const quota = { scope: 'key', subject: keyId } as const;
    await write((transaction) => setQuota(plane, transaction, quota, { tokens_per_day: 100 }, undefined));
    const rotate = (id: string) =>
      write((transaction) => rotateKey({ ...plane, actor }, transaction, id, { overlap_seconds: 60 }));
    const rotated = await rotate(keyId);
    expect(rotated).toMatchObject({ allowed_models: ['small'], expires_at: null });
    expect((await findQuota(plane, { scope: 'key', subject: rotated.id })).limits.tokens_per_day).toBe(100);
    expect((await findKey(plane, keyId)).key).toMatchObject({
      replaced_by: rotated.id,
      expires_at: new Date(plane.clock.now() + 60_000).toISOString(),
    });
    await expect(rotate(keyId)).rejects.toMatchObject({ code: 'conflicting_values' });
  });
});

const add = (asked: NewPrice) => write((transaction) => addPrice(plane, transaction, asked));

describe('a price', () => {
  const price = { model: 'small', currency: 'EUR', input_per_million: '1.5', output_per_million: '2' };

  it('is the next version, and told', async () => {
    expect(await add(price)).toMatchObject({ version: 1, input_per_million: '1.5' });
    expect(await add({ ...price, output_per_million: '3' })).toMatchObject({ version: 2 });
    await publishControlChanges(plane);
    const entry = await plane.bus.bucket('CONTROL').get(controlKeys.price('small'));
    expect(plane.codec.decode('price.published', entry!.value).prices.map(({ version }) => version)).toEqual([
      1, 2,
    ]);
  });

  it('of what was charged is never changed', async () => {
    const early = { ...price, valid_from: '2026-01-01T00:00:00Z' };
    await expect(add(early)).rejects.toThrow(/valid_from lies in the past/);
    expect(await add({ ...early, book: 'comparison' })).toMatchObject({ version: 1 });
    const nobodyHadOne = { ...early, model: 'unpriced' };
    expect(await add(nobodyHadOne)).toMatchObject({ version: 1, valid_from: '2026-01-01T00:00:00.000Z' });
    await expect(add(nobodyHadOne)).rejects.toThrow(/valid_from lies in the past/);
    await expect(add({ ...early, valid_from: '2026-02-30T00:00:00Z' })).rejects.toThrow(/no such moment/);
  });
});
