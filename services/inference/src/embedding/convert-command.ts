import { parseArgs } from 'node:util';
import { MillraceError } from '@millrace/runtime';
import { convertEmbeddingModel } from './convert-embedding-model.ts';

/**
 * Converts an embedding model, as a command: progress as lines of JSON on standard output, an error as one sentence on
 * standard error and the exit code 1.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { from: { type: 'string' }, out: { type: 'string' } } });
  const { from: source, out: target } = values;
  if (source === undefined || target === undefined)
    throw new MillraceError('config_invalid', 'usage: convert-command --from FOLDER --out FOLDER');
  let reported = -1;
  const onProgress = (share: number): void => {
    const percent = Math.floor(share * 100);
    if (percent === reported) return;
    reported = percent;
    process.stdout.write(`${JSON.stringify({ progress: percent / 100 })}\n`);
  };
  await convertEmbeddingModel({ source, target, onProgress });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
