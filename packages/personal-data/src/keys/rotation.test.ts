import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock, systemClock } from '@millrace/runtime';
import { createSealing, rotateDataKey, rotateMasterKey, type KeyOwner } from '@millrace/sealing';
import { createBucketKeyStore } from '@millrace/stage';
import { jobs } from '@millrace/store';
import { exportPersonalData } from '../export/export-personal-data.ts';
import {
  never,
  secret,
  startPersonalDataTest,
  writeOneOfEach,
  type PersonalDataTest,
} from '../personal-data.fixture.ts';
import { retireDataKeys } from './retire-data-keys.ts';

let test: PersonalDataTest;

beforeEach(async () => {
  test = await startPersonalDataTest();
});
afterEach(() => test.stop());

const acme = { tenant: 'acme', user: null };
const dayMs = 24 * 60 * 60_000;

/** Rotates as if time went by faster. */
async function rotate(owner: KeyOwner): Promise<string> {
  const { keyStore } = test.elsewhere;
  const before = (await keyStore.get(owner))?.others.length ?? 0;
  const known = Promise.withResolvers<void>();
  // The second step waits until the first one has come through everywhere.
  const clock = { ...systemClock, sleep: () => known.promise };
  let isBegun = false;
  const told = [test.dependencies, test.elsewhere].map(async (process) => {
    const heard = Promise.withResolvers<void>();
    const watch = await createBucketKeyStore(process).watch((changed) => {
      if (changed.tenant === owner.tenant && changed.user === owner.user && isBegun) heard.resolve();
    });
    return { heard: heard.promise, watch };
  });
  const watches = await Promise.all(told);
  isBegun = true;
  const rotating = rotateDataKey({ keyStore, masterKeys: [test.masterKey], clock }, owner, never);
  await expect.poll(async () => (await keyStore.get(owner))?.others.length).toBe(before + 1);
  for (const { heard, watch } of watches) {
    await heard;
    await watch.stop();
  }
  known.resolve();
  return rotating;
}

async function exportedText(): Promise<string> {
  let text = '';
  for await (const line of exportPersonalData(test.dependencies, acme, never)) text += line;
  return text;
}

it('rotates data keys while content is sealed and opened', async () => {
  const { dependencies, elsewhere } = test;
  await writeOneOfEach(dependencies, 'acme', 'usr_anna');
  let sealedCount = 0;
  const over = new AbortController();
  const traffic = (async () => {
    while (!over.signal.aborted) {
      const [from, to] = sealedCount % 2 === 0 ? [dependencies, elsewhere] : [elsewhere, dependencies];
      const sealed = (await from.sealing.forUser('acme', 'usr_anna')).seal(Buffer.from('x'), 'c');
      (await to.sealing.forUser('acme', 'usr_anna')).open(sealed, 'c');
      sealedCount += 1;
      await new Promise(setImmediate);
    }
  })();
  for (let round = 0; round < 3; round += 1) await rotate({ tenant: 'acme', user: 'usr_anna' });
  over.abort();
  await traffic;
  expect(sealedCount).toBeGreaterThan(3);
  expect((await elsewhere.keyStore.get({ tenant: 'acme', user: 'usr_anna' }))?.others).toHaveLength(3);
  expect(await exportedText()).toContain(secret);
});

it('destroys a key that was rotated out only when neither streams nor tables have anything from its time', async () => {
  const { dependencies, elsewhere } = test;
  const { database } = dependencies;
  await writeOneOfEach(dependencies, 'acme', null, { createdAt: new Date(Date.now() + 90 * dayMs) });
  await rotate(acme);
  const { keyStore } = elsewhere;
  const retireAt = (at: number) => retireDataKeys({ database, keyStore, clock: new ManualClock(at) }, acme);
  expect(await retireAt(Date.now() + 89 * dayMs)).toBe(0);
  await database.update(jobs).set({ createdAt: new Date(Date.now() - dayMs) });
  expect(await retireAt(Date.now() + 92 * dayMs)).toBe(0);
  await database.delete(jobs);
  expect(await retireAt(Date.now() + 92 * dayMs)).toBe(1);
});

it('puts another master key in the place of one, and leaves nothing in the files that the old one opens', async () => {
  const { dependencies, elsewhere, nats } = test;
  await writeOneOfEach(dependencies, 'acme', 'usr_anna');
  await rotate({ tenant: 'acme', user: 'usr_anna' });
  const { keyStore } = elsewhere;
  const owners = await keyStore.owners();
  const wrapped = await Promise.all(
    owners.map(async (owner) => (await keyStore.get(owner))?.current.wrapped ?? new Uint8Array()),
  );
  expect(await filesWith(nats.dataDir, wrapped)).not.toEqual([]);

  const next = randomBytes(32);
  const { rewrapped } = await rotateMasterKey({ keyStore, masterKeys: [next, test.masterKey] }, never);
  expect(rewrapped).toBe(owners.length);
  expect(await filesWith(nats.dataDir, wrapped)).toEqual([]);
  const sealing = await createSealing(next, createBucketKeyStore(elsewhere));
  let text = '';
  for await (const line of exportPersonalData({ ...dependencies, sealing }, acme, never)) text += line;
  expect(text).toContain(secret);
  await sealing.stop();
  await expect(createSealing(test.masterKey, keyStore)).rejects.toMatchObject({ code: 'config_invalid' });
});

/** Files that have any of these bytes in them. */
async function filesWith(folder: string, wanted: readonly Uint8Array[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    if (wanted.some((each) => each.length > 0 && bytes.includes(Buffer.from(each)))) found.push(path);
  }
  return found;
}
