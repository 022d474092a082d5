import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { MillraceError, shorten } from '@millrace/runtime';

/** An Ed25519 key that checkpoints are checked with. */
export interface PublicKey {
  /** The first 32 hexadecimal digits of the SHA-256 of the key. */
  readonly keyId: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
  isSignatureOf(message: Uint8Array, signature: Uint8Array): boolean;
}

/** The keys that are trusted, by their ids. */
export type PublicKeys = ReadonlyMap<string, PublicKey>;

export const publicKeyBytes = 32;
const textPrefix = 'ed25519:';

/** @param bytes 32 bytes. @throws `invalid_value` */
export function publicKeyOf(bytes: Uint8Array): PublicKey {
  const x = Buffer.from(bytes).toString('base64url');
  if (bytes.length !== publicKeyBytes) {
    const message = `A public key has ${publicKeyBytes} bytes; this one has ${bytes.length}.`;
    throw new MillraceError('invalid_value', message);
  }
  return keyOf(createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }));
}

/** The public half, of the public or the private key. */
export function keyOf(key: KeyObject): PublicKey {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const bytes = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return {
    keyId: createHash('sha256').update(bytes).digest('hex').slice(0, 32),
    bytes,
    isSignatureOf: (message, signature) => verify(null, message, publicKey, signature),
  };
}

/** A key as it is handed on: `ed25519:` and its bytes in base64. */
export function formatPublicKey({ bytes }: Pick<PublicKey, 'bytes'>): string {
  return `${textPrefix}${Buffer.from(bytes).toString('base64')}`;
}

/**
 * Reads keys: one a line as `formatPublicKey` writes them, what follows a blank and lines that begin with # or, as npm writes them in front, > left aside; or
 * one in PEM.
 *
 * @throws `invalid_value`
 */
export function parsePublicKeys(text: string): PublicKeys {
  const keys = text.includes('-----BEGIN')
    ? [fromPem(text)]
    : text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => !/^(?:$|[#>])/u.test(line))
        .map(fromLine);
  if (keys.length === 0) throw new MillraceError('invalid_value', 'There is no public key.');
  return new Map(keys.map((key) => [key.keyId, key]));
}

function fromLine(line: string): PublicKey {
  const [word = ''] = line.split(/\s/u);
  if (word.startsWith(textPrefix)) return publicKeyOf(Buffer.from(word.slice(textPrefix.length), 'base64'));
  const message = `A public key is written ${textPrefix}BASE64, or in PEM; this is ${JSON.stringify(shorten(word))}.`;
  throw new MillraceError('invalid_value', message);
}

function fromPem(text: string): PublicKey {
  if (text.includes('PRIVATE KEY')) {
    throw new MillraceError('invalid_value', 'This is a private key; the public one is needed.');
  }
  try {
    const key = createPublicKey(text);
    if (key.asymmetricKeyType === 'ed25519') return keyOf(key);
  } catch (cause) {
    throw new MillraceError('invalid_value', 'The public key is not in PEM.', { cause });
  }
  throw new MillraceError('invalid_value', 'The public key is not one of Ed25519.');
}
