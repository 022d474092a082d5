import { hkdfSync, type KeyObject } from 'node:crypto';
import { MillraceError } from '@millrace/runtime';
import { decrypt, encrypt } from './aes-gcm.ts';
import { keyIdBytes } from './wrapping.ts';

/** Seals and opens what belongs to one owner. Take a new one for each piece of work: it does not see an erasure. */
export interface SealingBox {
  /** @param context where the content belongs, such as a request and a field: it opens nowhere else */
  seal(plaintext: Uint8Array, context: string): Uint8Array;
  /**
   * @throws `decryption_failed`; `key_erased` when it was sealed under a key that the owner no longer has, retryable where the key
   *   may only be too new for this box
   */
  open(sealed: Uint8Array, context: string): Uint8Array;
  /** 32 bytes that follow from the key that seals (HKDF-SHA-256): the same for a purpose until that key is rotated or erased. */
  deriveKey(purpose: string): Uint8Array;
}

/** First byte of what `seal` returns; then the key's id (8 bytes), then nonce, tag and ciphertext. */
const formatVersion = 1;
const headerBytes = 1 + keyIdBytes;
const derivedBytes = 32;

/** What a box is made of. */
export interface BoxKeys {
  readonly tenant: string;
  /** Id of the key that seals. */
  readonly current: string;
  /** By id: all that open. */
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** Called for a key that is not there. @returns whether it may be there for a box that is taken now */
  readonly onMissing: () => boolean;
}

export function createBox({ tenant, current, keys, onMissing }: BoxKeys): SealingBox {
  const header = Buffer.concat([Buffer.from([formatVersion]), Buffer.from(current, 'hex')]);
  const sealingKey = keys.get(current);
  if (sealingKey === undefined) throw new Error('a box has no key to seal with');
  const bound = (context: string): string => `${tenant}:${context}`;
  return {
    seal: (plaintext, context) => Buffer.concat([header, encrypt(sealingKey, plaintext, bound(context))]),
    open(sealed, context) {
      if (sealed[0] !== formatVersion || sealed.length < headerBytes) {
        throw new MillraceError(
          'decryption_failed',
          'Sealed content is not in a format that this version knows.',
        );
      }
      const key = header.equals(sealed.subarray(0, headerBytes)) ? sealingKey : keys.get(keyIdOf(sealed));
      if (key === undefined) {
        throw new MillraceError(
          'key_erased',
          'The content was sealed under a key that its owner no longer has.',
          { retryable: onMissing() },
        );
      }
      return decrypt(key, sealed.subarray(headerBytes), bound(context));
    },
    deriveKey: (purpose) => new Uint8Array(hkdfSync('sha256', sealingKey, '', bound(purpose), derivedBytes)),
  };
}

/** Id of the data key that something was sealed with. */
export function keyIdOf(sealed: Uint8Array): string {
  return Buffer.from(sealed.subarray(1, headerBytes)).toString('hex');
}
