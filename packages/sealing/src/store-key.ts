import { hkdfSync } from 'node:crypto';

/**
 * Keys for stores that encrypt their files themselves, in the order of the master keys that they are made of (HKDF-SHA-256, RFC 5869): what
 * a store holds is no use without the master key, and the master key does not follow from them.
 *
 * @param store what it is for, such as `nats`: each store has other keys
 * @returns hexadecimal, 256 bits each
 */
export function storeKeys(masterKeys: readonly Uint8Array[], store: string): readonly string[] {
  return masterKeys.map((key) =>
    Buffer.from(hkdfSync('sha256', key, new Uint8Array(), `millrace store ${store}`, 32)).toString('hex'),
  );
}
