import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { MillraceError, type Stoppable } from '@millrace/runtime';
import { decrypt, encrypt, keyBytes } from './aes-gcm.ts';
import type { KeyStore, WrappedKey } from './key-store.ts';

/** Seals and opens what belongs to one tenant. Take a new one for each piece of work: it does not see an erasure. */
export interface SealingBox {
  /** @param context where the content belongs, such as a request and a field: it opens nowhere else */
  seal(plaintext: Uint8Array, context: string): Uint8Array;
  /** @throws `decryption_failed`; `key_erased` when it was sealed under a key that the tenant no longer has */
  open(sealed: Uint8Array, context: string): Uint8Array;
}

/** Envelope encryption: a data key for each tenant, wrapped by the master key. */
export interface Sealing extends Stoppable {
  /** The tenant's box; makes the tenant's data key on first use. @throws `decryption_failed` when the master key is another */
  forTenant(tenant: string): Promise<SealingBox>;
  /** Destroys the tenant's key: nothing that was sealed under it can be opened again, by anyone. */
  eraseTenant(tenant: string): Promise<void>;
}

/** First byte of what `seal` returns; then the key's id (8 bytes), then nonce, tag and ciphertext. */
const formatVersion = 1;
const keyIdBytes = 8;
const headerBytes = 1 + keyIdBytes;

/** Tenants whose keys are kept unwrapped in memory. */
const maxCachedTenants = 10_000;

/** Whose key is made first and belongs to nobody: it shows whether the master key is the one of the key store. */
const witness = '$platform';

/**
 * @param masterKey 32 bytes; @see loadMasterKey
 * @throws `config_invalid` when the key store's keys were wrapped by another master key
 */
export async function createSealing(masterKey: Uint8Array, keyStore: KeyStore): Promise<Sealing> {
  const master = createSecretKey(masterKey);
  const boxes = new Map<string, Promise<SealingBox>>();
  const watch = await keyStore.watchErasures((tenant) => boxes.delete(tenant));

  const load = async (tenant: string): Promise<SealingBox> => {
    const stored = (await keyStore.get(tenant)) ?? (await keyStore.create(tenant, newKey(master, tenant)));
    const key = decrypt(master, stored.wrapped, wrapContext(tenant, stored.keyId));
    return boxOf(tenant, stored.keyId, createSecretKey(key));
  };

  try {
    await load(witness);
  } catch (cause) {
    await watch.stop();
    if (!(cause instanceof MillraceError && cause.code === 'decryption_failed')) throw cause;
    throw new MillraceError(
      'config_invalid',
      'The master key is not the one that the data was sealed with: put the right one into MILLRACE_MASTER_KEY, or into the file that MILLRACE_MASTER_KEY_FILE names.',
      { cause },
    );
  }

  return {
    forTenant(tenant) {
      const known = boxes.get(tenant);
      if (known !== undefined) return known;
      const box = load(tenant);
      boxes.set(tenant, box);
      box.catch(() => boxes.delete(tenant));
      const oldest = boxes.keys().next().value;
      if (boxes.size > maxCachedTenants && oldest !== undefined) boxes.delete(oldest);
      return box;
    },
    async eraseTenant(tenant) {
      await keyStore.erase(tenant);
      boxes.delete(tenant);
    },
    async stop() {
      await watch.stop();
      boxes.clear();
    },
  };
}

function newKey(masterKey: KeyObject, tenant: string): WrappedKey {
  const keyId = randomBytes(keyIdBytes).toString('hex');
  return { keyId, wrapped: encrypt(masterKey, randomBytes(keyBytes), wrapContext(tenant, keyId)) };
}

const wrapContext = (tenant: string, keyId: string): string => `data-key:${tenant}:${keyId}`;

function boxOf(tenant: string, keyId: string, key: KeyObject): SealingBox {
  const header = Buffer.concat([Buffer.from([formatVersion]), Buffer.from(keyId, 'hex')]);
  const bound = (context: string): string => `${tenant}:${context}`;
  return {
    seal: (plaintext, context) => Buffer.concat([header, encrypt(key, plaintext, bound(context))]),
    open(sealed, context) {
      if (sealed[0] !== formatVersion || sealed.length < headerBytes) {
        throw new MillraceError(
          'decryption_failed',
          'Sealed content is not in a format that this version knows.',
        );
      }
      if (!header.equals(sealed.subarray(0, headerBytes))) {
        throw new MillraceError(
          'key_erased',
          'The content was sealed under a key that the tenant no longer has.',
        );
      }
      return decrypt(key, sealed.subarray(headerBytes), bound(context));
    },
  };
}
