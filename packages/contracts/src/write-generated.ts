import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Writes a generated file, or with `--check` only compares it; says what it did on standard output.
 *
 * @returns the exit code: 1 when the file is not fresh
 */
export function writeGenerated(path: string, text: string, commandArguments: readonly string[]): number {
  const present = read(path);
  if (present === text) {
    process.stdout.write(`${path} is fresh\n`);
    return 0;
  }
  if (commandArguments.includes('--check')) {
    process.stdout.write(`${path} is not fresh: run its generator\n`);
    return 1;
  }
  writeFileSync(path, text);
  process.stdout.write(`${path} is written\n`);
  return 0;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
