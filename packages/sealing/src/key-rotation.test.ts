import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '@millrace/runtime';
import type { KeyOwner } from './key-owner.ts';
import type { KeyStore } from './key-store.ts';
import { createMemoryKeyStore } from './memory-key-store.ts';
import { dropOldKeys, rotateDataKey } from './rotate-data-key.ts';
import { rotateMasterKey } from './rotate-master-key.ts';
import { createSealing, type Sealing } from './sealing.ts';
import { keyIdOf } from './sealing-box.ts';

const never = new AbortController().signal;
const acme: KeyOwner = { tenant: 'acme', user: null };
const plaintext = Buffer.from('the secret of the tenant');
const erased = expect.objectContaining({ code: 'key_erased' });
const hourMs = 60 * 60_000;

let keyStore: KeyStore;
let clock: ManualClock;
let masterKey: Uint8Array;
let sealing: Sealing;
let other: Sealing;

beforeEach(async () => {
  keyStore = createMemoryKeyStore();
  clock = new ManualClock(Date.UTC(2026, 0, 1));
  masterKey = randomBytes(32);
  sealing = await createSealing(masterKey, keyStore, clock);
  other = await createSealing(masterKey, keyStore, clock);
});

const sealedBy = async (one: Sealing, user: string | null = null): Promise<Uint8Array> =>
  (await one.forUser('acme', user)).seal(plaintext, 'c');
const opened = async (one: Sealing, sealed: Uint8Array, user: string | null = null): Promise<string> =>
  Buffer.from((await one.forUser('acme', user)).open(sealed, 'c')).toString('utf8');

async function rotate(owner: KeyOwner = acme): Promise<string> {
  const rotating = rotateDataKey({ keyStore, masterKeys: [masterKey], clock }, owner, never);
  await clock.advance(10_000);
  return rotating;
}

describe('a data key that is rotated', () => {
  it('seals what comes from then on, and opens what was there', async () => {
    const before = await sealedBy(sealing);
    const keyId = await rotate();
    const after = await sealedBy(other);
    expect([keyIdOf(before), keyIdOf(after)]).toEqual([expect.not.stringMatching(keyId), keyId]);
    for (const sealed of [before, after])
      for (const one of [sealing, other]) expect(await opened(one, sealed)).toBe(plaintext.toString());
  });

  it('is known to every process before any of them seals with it', async () => {
    const box = await other.forTenant('acme');
    const rotating = rotateDataKey({ keyStore, masterKeys: [masterKey], clock }, acme, never);
    await clock.advance(4_000);
    expect(keyIdOf(await sealedBy(sealing))).toBe(keyIdOf(box.seal(plaintext, 'c')));
    await clock.advance(2_000);
    expect(keyIdOf(await sealedBy(sealing))).toBe(await rotating);
  });

  it('is taken up where a rotation was cut off', async () => {
    await sealing.forTenant('acme');
    const cut = new AbortController();
    const rotating = rotateDataKey({ keyStore, masterKeys: [masterKey], clock }, acme, cut.signal);
    await clock.advance(1_000);
    cut.abort(new Error('cut off'));
    await expect(rotating).rejects.toThrow('cut off');
    const announced = (await keyStore.get(acme))?.others[0]?.keyId;
    expect(await rotate()).toBe(announced);
    expect((await keyStore.get(acme))?.others).toHaveLength(1);
  });

  it('is one, if several ask for it at once', async () => {
    await sealing.forTenant('acme');
    const rotations = [1, 2, 3].map(() =>
      rotateDataKey({ keyStore, masterKeys: [masterKey], clock }, acme, never),
    );
    await clock.advance(10_000);
    expect(new Set(await Promise.all(rotations)).size).toBe(1);
    expect((await keyStore.get(acme))?.others).toHaveLength(1);
  });

  it('says that a box may be too old where it does not know a key, and once more that it is gone', async () => {
    const silent: KeyStore = { ...keyStore, watch: async () => ({ stop: async () => {} }) };
    const deaf = await createSealing(masterKey, silent, clock);
    await deaf.forTenant('acme');
    await rotate();
    const sealed = await sealedBy(sealing);
    await expect(opened(deaf, sealed)).rejects.toMatchObject({ code: 'key_erased', retryable: true });
    expect(await opened(deaf, sealed)).toBe(plaintext.toString());
  });

  it('makes old keys go once nothing is kept that they have sealed', async () => {
    const before = await sealedBy(sealing);
    await clock.advance(hourMs);
    await rotate();
    const rotatedAt = clock.now();
    expect(await dropOldKeys({ keyStore }, acme, rotatedAt)).toBe(0);
    expect(await opened(sealing, before)).toBe(plaintext.toString());
    expect(await dropOldKeys({ keyStore }, acme, rotatedAt + 2 * hourMs)).toBe(1);
    await expect(opened(sealing, before)).rejects.toThrow(erased);
    expect(await opened(other, await sealedBy(sealing))).toBe(plaintext.toString());
  });

  it('is refused for an owner that has none', async () => {
    const nobody = { tenant: 'nobody', user: null };
    await expect(
      rotateDataKey({ keyStore, masterKeys: [masterKey], clock }, nobody, never),
    ).rejects.toMatchObject({ code: 'request_not_found' });
  });
});

describe('the key of a user', () => {
  it('opens with the tenant key too, and alone what the user has sealed', async () => {
    const own = await sealedBy(sealing, 'anna');
    const shared = await sealedBy(sealing);
    expect(await opened(other, own, 'anna')).toBe(plaintext.toString());
    expect(await opened(other, shared, 'anna')).toBe(plaintext.toString());
    await expect(opened(other, own, 'bert')).rejects.toThrow(erased);
    await expect(opened(other, own)).rejects.toThrow(erased);
  });

  it('is erased alone, with word to all processes', async () => {
    const told: KeyOwner[] = [];
    other.onErased((owner) => told.push(owner));
    const own = await sealedBy(sealing, 'anna');
    const shared = await sealedBy(sealing);
    expect(await sealing.eraseUser('acme', 'anna')).toBe(1);
    expect(told).toEqual([{ tenant: 'acme', user: 'anna' }]);
    for (const one of [sealing, other]) {
      await expect(opened(one, own, 'anna')).rejects.toThrow(erased);
      expect(await opened(one, shared, 'anna')).toBe(plaintext.toString());
    }
    expect(await sealing.eraseUser('acme', 'nobody')).toBe(0);
  });

  it('goes with the keys of its tenant', async () => {
    const own = await sealedBy(sealing, 'anna');
    await sealedBy(sealing);
    expect(await sealing.eraseTenant('acme')).toBe(2);
    await expect(opened(other, own, 'anna')).rejects.toThrow(erased);
  });
});

describe('a master key that takes the place of another', () => {
  it('leaves the old one without use, while content stays', async () => {
    const sealed = [await sealedBy(sealing), await sealedBy(sealing, 'anna')];
    await rotate();
    const next = randomBytes(32);
    const report = await rotateMasterKey({ keyStore, masterKeys: [next, masterKey] }, never);
    expect(report).toEqual({ owners: 3, rewrapped: 3 });
    expect(await rotateMasterKey({ keyStore, masterKeys: [next, masterKey] }, never)).toEqual({
      owners: 3,
      rewrapped: 0,
    });
    const alone = await createSealing(next, keyStore, clock);
    expect(await opened(alone, sealed[0] as Uint8Array)).toBe(plaintext.toString());
    expect(await opened(alone, sealed[1] as Uint8Array, 'anna')).toBe(plaintext.toString());
    await expect(createSealing(masterKey, keyStore, clock)).rejects.toMatchObject({ code: 'config_invalid' });
  });

  it('goes on where it was cut off', async () => {
    for (const user of ['a', 'b', 'c', 'd']) await sealedBy(sealing, user);
    const next = randomBytes(32);
    const cut = new AbortController();
    const rotating = rotateMasterKey({ keyStore, masterKeys: [next, masterKey] }, cut.signal, (share) => {
      if (share > 0.4) cut.abort(new Error('cut off'));
    });
    await expect(rotating).rejects.toThrow('cut off');
    const mixed = await createSealing([next, masterKey], keyStore, clock);
    for (const user of ['a', 'd'])
      expect(await opened(mixed, await sealedBy(mixed, user), user)).toBe(plaintext.toString());
    const { rewrapped } = await rotateMasterKey({ keyStore, masterKeys: [next, masterKey] }, never);
    expect(rewrapped).toBeLessThan(6);
    expect(rewrapped).toBeGreaterThan(0);
    await expect(createSealing(next, keyStore, clock)).resolves.toBeDefined();
  });

  it('is refused without the one before', async () => {
    await sealedBy(sealing);
    await expect(rotateMasterKey({ keyStore, masterKeys: [randomBytes(32)] }, never)).rejects.toMatchObject({
      code: 'decryption_failed',
    });
  });
});
