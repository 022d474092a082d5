import { createHmac } from 'node:crypto';

/** HMAC-SHA-256 of a value and its type, in hexadecimal. */
export function keyedHash(key: Uint8Array): (type: string, value: string) => string {
  return (type, value) => createHmac('sha256', key).update(`${type}:${value}`).digest('hex');
}
