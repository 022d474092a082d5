import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { MillraceError } from '@millrace/runtime';

/**
 * SHA-256 of a file, in hex.
 *
 * @throws MillraceError `part_missing` if it cannot be read
 */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }))
      hash.update(chunk as Buffer);
  } catch (error) {
    throw new MillraceError('part_missing', `The file ${file} cannot be read.`, { cause: error });
  }
  return hash.digest('hex');
}
