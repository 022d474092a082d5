import { expect, test } from 'vitest';
import { storeKeys } from './store-key.ts';

const one = new Uint8Array(32).fill(1);
const other = new Uint8Array(32).fill(2);

test('keys of a store are the same each time, other ones for each store and master key, and not the master key', () => {
  const keys = storeKeys([one, other], 'nats');
  expect(keys).toEqual(storeKeys([one, other], 'nats'));
  expect(new Set([...keys, ...storeKeys([one, other], 'else'), Buffer.from(one).toString('hex')]).size).toBe(
    5,
  );
  expect(keys.every((key) => /^[0-9a-f]{64}$/u.test(key))).toBe(true);
});
