import { createPrivateKey, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Bus } from '@millrace/bus';
import { controlKeys, type Codec } from '@millrace/contracts';
import { MillraceError, type Clock } from '@millrace/runtime';
import { keyOf, publicKeyOf, type PublicKey, type PublicKeys } from './public-key.ts';

/** Signs checkpoints. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** @returns 64 bytes */
  sign(message: Uint8Array): Uint8Array;
}

const keyFileVariable = 'MILLRACE_AUDIT_KEY_FILE';

/**
 * Loads the private key (PKCS 8 in PEM). A file that is not there is made, with a new key and mode 0600.
 *
 * @throws `config_invalid` when it can be neither read nor made, or is no key of Ed25519
 */
export async function loadSigner(keyFile: string): Promise<Signer> {
  let key: KeyObject;
  try {
    await createFile(keyFile);
    key = createPrivateKey(await readFile(keyFile));
  } catch (cause) {
    const message = `The key of the audit log cannot be read from ${keyFile} (${keyFileVariable}): it has to be a private key of Ed25519 in PEM.`;
    throw new MillraceError('config_invalid', message, { param: keyFileVariable, cause });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    const message = `${keyFile} (${keyFileVariable}) has a key of ${key.asymmetricKeyType}; it has to be one of Ed25519.`;
    throw new MillraceError('config_invalid', message, { param: keyFileVariable });
  }
  return signerOf(key);
}

export function signerOf(privateKey: KeyObject): Signer {
  return { publicKey: keyOf(privateKey), sign: (message) => sign(null, message, privateKey) };
}

/** Whole or not at all, and the first of several that start at once. */
async function createFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${path}.${randomUUID()}`;
  try {
    await readFile(path);
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await writeFile(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}

/** Publishes a public key to the bucket CONTROL, unless it is there. @throws `unavailable` */
export async function publishSigner(
  { bus, codec, clock }: { readonly bus: Pick<Bus, 'bucket'>; readonly codec: Codec; readonly clock: Clock },
  { keyId, bytes }: PublicKey,
): Promise<void> {
  const event = { key_id: keyId, public_key: bytes, at: clock.now() };
  await bus.bucket('CONTROL').create(controlKeys.signer(keyId), codec.encode('signer.published', event));
}

/**
 * The public keys that were published. Who trusts the platform least gets them once, from a person, and keeps them.
 *
 * @throws `unavailable`
 */
export async function readSigners({
  bus,
  codec,
}: {
  readonly bus: Pick<Bus, 'bucket'>;
  readonly codec: Codec;
}): Promise<PublicKeys> {
  const keys = new Map<string, PublicKey>();
  const watch = await bus.bucket('CONTROL').watch(controlKeys.signers, ({ value }) => {
    if (value === undefined) return;
    const key = publicKeyOf(codec.decode('signer.published', value).public_key);
    keys.set(key.keyId, key);
  });
  await watch.stop();
  return keys;
}
