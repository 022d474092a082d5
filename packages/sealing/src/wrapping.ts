import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { MillraceError } from '@millrace/runtime';
import { decrypt, encrypt, keyBytes } from './aes-gcm.ts';
import type { KeyOwner } from './key-owner.ts';
import type { WrappedKey } from './key-store.ts';

export const keyIdBytes = 8;

/** The master keys of a process: the first wraps, all unwrap. */
export interface Wrapping {
  /** A new data key. @param at milliseconds since the epoch */
  make(owner: KeyOwner, at: number): WrappedKey;
  /** @throws `decryption_failed` when no master key opens it */
  unwrap(owner: KeyOwner, key: WrappedKey): KeyObject;
  /** The same data key under the first master key; undefined where it is under it already. @throws as `unwrap` */
  rewrap(owner: KeyOwner, key: WrappedKey): WrappedKey | undefined;
}

/** @param masterKeys 32 bytes each, one at least */
export function createWrapping(masterKeys: readonly Uint8Array[]): Wrapping {
  const [first, ...others] = masterKeys.map((key) => createSecretKey(key));
  if (first === undefined) throw new MillraceError('config_invalid', 'There is no master key.');

  const unwrapped = (owner: KeyOwner, key: WrappedKey): Uint8Array => {
    for (const master of [first, ...others]) {
      const found = unwrapWith(master, owner, key);
      if (found !== undefined) return found;
    }
    throw new MillraceError(
      'decryption_failed',
      'A data key could not be unwrapped: the master key is another.',
    );
  };
  const wrap = (owner: KeyOwner, keyId: string, at: number, key: Uint8Array): WrappedKey => ({
    keyId,
    at,
    wrapped: encrypt(first, key, contextOf(owner, keyId)),
  });

  return {
    make: (owner, at) => wrap(owner, randomBytes(keyIdBytes).toString('hex'), at, randomBytes(keyBytes)),
    unwrap: (owner, key) => createSecretKey(unwrapped(owner, key)),
    rewrap: (owner, key) =>
      unwrapWith(first, owner, key) === undefined
        ? wrap(owner, key.keyId, key.at, unwrapped(owner, key))
        : undefined,
  };
}

function contextOf({ tenant, user }: KeyOwner, keyId: string): string {
  return `data-key:${user === null ? tenant : JSON.stringify([tenant, user])}:${keyId}`;
}

/** Undefined where the key is not under this master key. */
function unwrapWith(master: KeyObject, owner: KeyOwner, key: WrappedKey): Uint8Array | undefined {
  try {
    return decrypt(master, key.wrapped, contextOf(owner, key.keyId));
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'decryption_failed') return undefined;
    throw error;
  }
}
