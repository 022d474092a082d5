import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { MillraceError, systemRandom } from '@millrace/runtime';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export const keyBytes = 32;

/** AES-256-GCM with a random nonce: nonce (12 bytes), tag (16), ciphertext. */
export function encrypt(key: KeyObject, plaintext: Uint8Array, context: string): Uint8Array {
  const nonce = systemRandom.bytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce);
  cipher.setAAD(Buffer.from(context, 'utf8'));
  const ciphertext = [cipher.update(plaintext), cipher.final()];
  return Buffer.concat([nonce, cipher.getAuthTag(), ...ciphertext]);
}

/** @throws `decryption_failed` for another key, another context, or altered bytes */
export function decrypt(key: KeyObject, sealed: Uint8Array, context: string): Uint8Array {
  try {
    const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(context, 'utf8'));
    decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]);
  } catch (cause) {
    throw new MillraceError(
      'decryption_failed',
      'Sealed content could not be opened: wrong key or context, or it was altered.',
      {
        cause,
      },
    );
  }
}
