import { createHash, timingSafeEqual } from 'node:crypto';
import type { RandomSource } from '@millrace/runtime';

/**
 * API keys read `mr_<key id>_<secret>`. The id is public and finds the row; of the whole key only its SHA-256 is stored,
 * which is enough for a secret of 32 random bytes. Both parts are base 62, so a double click selects the key.
 */
export interface ApiKey {
  readonly keyId: string;
  /** The key as the client gets it, once. */
  readonly text: string;
  readonly hash: Uint8Array;
}

const keyIdBytes = 8;
const keyIdLength = 11;
const secretBytes = 32;
const secretLength = 43;
const pattern = new RegExp(`^mr_([0-9A-Za-z]{${keyIdLength}})_[0-9A-Za-z]{${secretLength}}$`);

export function makeApiKey(random: RandomSource): ApiKey {
  const keyId = base62(random.bytes(keyIdBytes), keyIdLength);
  const text = `mr_${keyId}_${base62(random.bytes(secretBytes), secretLength)}`;
  return { keyId, text, hash: hashOfKey(text) };
}

/** The id in a credential, or undefined when the credential is not of the form of an API key. */
export function keyIdOf(credential: string): string | undefined {
  return pattern.exec(credential)?.[1];
}

export function hashOfKey(credential: string): Uint8Array {
  return createHash('sha256').update(credential).digest();
}

/** Compares in constant time. */
export function isKeyOf(hash: Uint8Array, credential: string): boolean {
  return timingSafeEqual(hash, hashOfKey(credential));
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function base62(bytes: Uint8Array, length: number): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  while (text.length < length) {
    text = (alphabet[Number(rest % 62n)] ?? '') + text;
    rest /= 62n;
  }
  return text;
}
