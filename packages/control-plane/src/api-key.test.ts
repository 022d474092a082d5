import { describe, expect, it } from 'vitest';
import { seededRandom } from '@millrace/runtime';
import { hashOfKey, isKeyOf, keyIdOf, makeApiKey } from './api-key.ts';

describe('API keys', () => {
  it('have a public id and a secret, and are found again by the id', () => {
    const key = makeApiKey(seededRandom(1));
    expect(key.text).toMatch(/^mr_[0-9A-Za-z]{11}_[0-9A-Za-z]{43}$/);
    expect(keyIdOf(key.text)).toBe(key.keyId);
    expect(isKeyOf(key.hash, key.text)).toBe(true);
  });

  it('are of the same length whatever the random bytes are', () => {
    for (const byte of [0, 255]) {
      const key = makeApiKey({ bytes: (length) => new Uint8Array(length).fill(byte), unit: () => 0 });
      expect(keyIdOf(key.text)).toBe(key.keyId);
    }
  });

  it('differ in one character and are no longer the key', () => {
    const key = makeApiKey(seededRandom(2));
    const last = key.text.at(-1) === 'A' ? 'B' : 'A';
    expect(isKeyOf(key.hash, key.text.slice(0, -1) + last)).toBe(false);
  });

  it.each([
    '',
    'mr_',
    'sk-abc',
    'mr_short_secret',
    `mr_${'a'.repeat(11)}_${'b'.repeat(42)}`,
    ` ${makeApiKey(seededRandom(3)).text}`,
  ])('refuse %j by their form alone', (credential) => {
    expect(keyIdOf(credential)).toBeUndefined();
  });

  it('hash to 32 bytes', () => {
    expect(hashOfKey('anything')).toHaveLength(32);
  });
});
