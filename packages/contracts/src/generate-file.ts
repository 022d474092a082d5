import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Writes a generated file, or with `--check` on the command line compares it and exits 1 when it is stale. */
export function generateFile(
  url: URL,
  text: string,
  checkOnly: boolean = process.argv.includes('--check'),
): void {
  const path = fileURLToPath(url);
  if (!checkOnly) {
    writeFileSync(path, text);
    return;
  }
  let present = '';
  try {
    present = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (present === text) return;
  process.stderr.write(`${path} is stale: run its generator.\n`);
  process.exitCode = 1;
}
