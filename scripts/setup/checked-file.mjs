import { createHash } from 'node:crypto';
import {
  createReadStream,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Hashes a file as a stream. */
export async function hashFile(path, algorithm = 'sha256', encoding = 'hex') {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest(encoding);
}

/**
 * Remembers checksums by path, size, time and inode, so that a start does not read 100 MB again.
 *
 * @param {string} cache the cache folder
 */
export function createChecksums(cache) {
  const recordOf = (path) =>
    join(cache, 'checked', `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.json`);

  /** The remembered checksum of a file that has not changed since, else `undefined`. */
  function remembered(path) {
    const facts = factsOf(path);
    if (facts === undefined) return undefined;
    try {
      const record = JSON.parse(readFileSync(recordOf(path), 'utf8'));
      return record.facts === facts ? record.sha256 : undefined;
    } catch (error) {
      if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** Records a checksum that was just computed. */
  function remember(path, sha256) {
    const record = recordOf(path);
    mkdirSync(dirname(record), { recursive: true });
    const temporary = `${record}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify({ path, facts: factsOf(path), sha256 }));
    renameSync(temporary, record);
  }

  return {
    remembered,
    remember,
    /** The sha256 of a file, read only when it has changed since the last time. */
    async sha256(path) {
      const known = remembered(path);
      if (known !== undefined) return known;
      const sha256 = await hashFile(path);
      remember(path, sha256);
      return sha256;
    },
    /** Whether the file is there and has this sha256; one that has another is removed. */
    async holds(path, sha256) {
      if (factsOf(path) === undefined) return false;
      if ((await this.sha256(path)) === sha256) return true;
      rmSync(path, { force: true });
      return false;
    },
  };
}

function factsOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? `${stat.size}/${stat.mtimeMs}/${stat.ino}` : undefined;
}
