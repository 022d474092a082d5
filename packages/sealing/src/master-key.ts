import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MillraceError, type Secret } from '@millrace/runtime';
import { keyBytes } from './aes-gcm.ts';

export interface MasterKeyOptions {
  /** 32 bytes in base64 or hexadecimal, or several of these (`MILLRACE_MASTER_KEY`). Goes before the file. */
  readonly masterKey?: Secret | undefined;
  /** File that has the same (`MILLRACE_MASTER_KEY_FILE`). */
  readonly masterKeyFile: string;
  /** Whether a missing file is made, with a random key and mode 0600. */
  readonly createIfMissing: boolean;
}

/**
 * The master keys: the first wraps data keys, the others only unwrap, while one takes the place of another. Commas, blanks or lines
 * separate them.
 *
 * @throws `config_invalid` when there is no key, or one that is not 32 bytes
 */
export async function loadMasterKeys({
  masterKey,
  masterKeyFile,
  createIfMissing,
}: MasterKeyOptions): Promise<readonly Uint8Array[]> {
  if (masterKey !== undefined) return parse(masterKey.reveal(), 'MILLRACE_MASTER_KEY');
  try {
    if (createIfMissing) await createFile(masterKeyFile);
    return parse(await readFile(masterKeyFile, 'utf8'), masterKeyFile);
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError(
      'config_invalid',
      `There is no master key: set MILLRACE_MASTER_KEY, or put one into ${masterKeyFile} (MILLRACE_MASTER_KEY_FILE).`,
      { cause },
    );
  }
}

async function createFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, `${randomBytes(keyBytes).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function parse(text: string, source: string): readonly Uint8Array[] {
  return text
    .trim()
    .split(/[\s,]+/)
    .map((key) => parseOne(key, source));
}

function parseOne(text: string, source: string): Uint8Array {
  const key = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64');
  if (key.length !== keyBytes) {
    throw new MillraceError(
      'config_invalid',
      `${source} must be ${keyBytes} bytes in base64 or hexadecimal; it has ${key.length}.`,
    );
  }
  return key;
}
