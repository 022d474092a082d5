import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where the benchmarks keep what they install and make: a folder of the cache. */
export function benchFolder(): string {
  const cache = process.env['MILLRACE_CACHE_DIR'] ?? path.join(homedir(), '.cache', 'millrace');
  return path.join(cache, 'bench');
}

/** Makes `target` whole or not at all: `make` gets an empty folder and returns what lies in it and is to be kept. */
export async function makeWhole(target: string, make: (temporary: string) => Promise<string>): Promise<void> {
  await withTemporaryFolder(path.dirname(target), async (temporary) => {
    await rename(await make(temporary), target);
  });
}

/** @param parent made where it is missing; what the work renames within it is only moved, never copied */
export async function withTemporaryFolder<Result>(
  parent: string,
  work: (temporary: string) => Promise<Result>,
): Promise<Result> {
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(path.join(parent, 'unfinished-'));
  try {
    return await work(temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
