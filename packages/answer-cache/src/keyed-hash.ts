import { createHmac } from 'node:crypto';
import type { RandomSource } from '@millrace/runtime';

/** A fingerprint of a value of JSON: nobody who does not have this process's memory can tell what it is of. */
export type KeyedHash = (value: unknown) => string;

/** HMAC-SHA-256 under a key that lives as long as the process. */
export function createKeyedHash(random: RandomSource): KeyedHash {
  const key = random.bytes(32);
  return (value) =>
    createHmac('sha256', key)
      .update(JSON.stringify(value) ?? 'null')
      .digest('base64');
}
