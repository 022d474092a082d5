import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MillraceError, Secret } from '@millrace/runtime';
import { loadMasterKeys } from './master-key.ts';
import { createMemoryKeyStore } from './memory-key-store.ts';
import { createSealing } from './sealing.ts';

const plaintext = Buffer.from('the secret of the tenant');
const refused = expect.objectContaining({ code: 'decryption_failed' });

describe('sealing', () => {
  const masterKey = randomBytes(32);

  it('opens what it sealed, in another process too', async () => {
    const store = createMemoryKeyStore();
    const [one, other] = await Promise.all([
      createSealing(masterKey, store),
      createSealing(masterKey, store),
    ]);
    const sealed = (await one.forTenant('a')).seal(plaintext, 'r1:request');
    expect(Buffer.from(sealed).includes('secret')).toBe(false);
    expect(Buffer.from((await other.forTenant('a')).open(sealed, 'r1:request'))).toEqual(plaintext);
  });

  it('gives processes that start at once the same key', async () => {
    const store = createMemoryKeyStore();
    const sealings = await Promise.all([1, 2, 3].map(() => createSealing(masterKey, store)));
    const boxes = await Promise.all(sealings.map((sealing) => sealing.forTenant('a')));
    const sealed = boxes[0]?.seal(plaintext, 'c') ?? new Uint8Array();
    for (const box of boxes) expect(Buffer.from(box.open(sealed, 'c'))).toEqual(plaintext);
  });

  it('opens nothing in another context', async () => {
    const box = await (await createSealing(masterKey, createMemoryKeyStore())).forTenant('a');
    expect(() => box.open(box.seal(plaintext, 'r1:request'), 'r2:request')).toThrow(refused);
  });

  it("does not open another tenant's content", async () => {
    const sealing = await createSealing(masterKey, createMemoryKeyStore());
    const sealed = (await sealing.forTenant('a')).seal(plaintext, 'c');
    const other = await sealing.forTenant('b');
    expect(() => other.open(sealed, 'c')).toThrow(expect.objectContaining({ code: 'key_erased' }));
  });

  it('refuses content of which any byte was altered', async () => {
    const box = await (await createSealing(masterKey, createMemoryKeyStore())).forTenant('a');
    const sealed = box.seal(plaintext, 'c');
    for (let index = 0; index < sealed.length; index += 1) {
      const altered = Buffer.from(sealed);
      altered[index] = (altered[index] as number) ^ 1;
      expect(() => box.open(altered, 'c')).toThrow(MillraceError);
    }
    expect(() => box.open(sealed.subarray(0, 20), 'c')).toThrow(refused);
  });

  it('opens nothing of a tenant whose key was erased, in any process', async () => {
    const store = createMemoryKeyStore();
    const one = await createSealing(masterKey, store);
    const other = await createSealing(masterKey, store);
    const sealed = (await one.forTenant('a')).seal(plaintext, 'c');
    await other.forTenant('a');
    await one.eraseTenant('a');
    for (const sealing of [one, other]) {
      const box = await sealing.forTenant('a');
      expect(() => box.open(sealed, 'c')).toThrow(expect.objectContaining({ code: 'key_erased' }));
    }
  });

  it('refuses to work under another master key', async () => {
    const store = createMemoryKeyStore();
    await (await createSealing(masterKey, store)).forTenant('a');
    await expect(createSealing(randomBytes(32), store)).rejects.toMatchObject({ code: 'config_invalid' });
  });
});

describe('loadMasterKeys', () => {
  it('makes a file for its owner alone, and reads it again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-key-'));
    const masterKeyFile = join(folder, 'keys', 'master.key');
    const made = await loadMasterKeys({ masterKeyFile, createIfMissing: true });
    expect((await stat(masterKeyFile)).mode & 0o777).toBe(0o600);
    expect(await loadMasterKeys({ masterKeyFile, createIfMissing: true })).toEqual(made);
    expect(Buffer.from((await readFile(masterKeyFile, 'utf8')).trim(), 'base64')).toEqual(made[0]);
    await rm(folder, { recursive: true });
  });

  it('reads several, the first of which wraps', async () => {
    const keys = [randomBytes(32), randomBytes(32)];
    const masterKey = new Secret(
      keys.map((key, index) => key.toString(index === 0 ? 'hex' : 'base64')).join(', '),
    );
    expect(await loadMasterKeys({ masterKey, masterKeyFile: '', createIfMissing: false })).toEqual(keys);
  });

  it('says how to supply a key that is missing', async () => {
    await expect(loadMasterKeys({ masterKeyFile: '/nowhere/key', createIfMissing: false })).rejects.toThrow(
      /MILLRACE_MASTER_KEY.*\/nowhere\/key/,
    );
  });
});
