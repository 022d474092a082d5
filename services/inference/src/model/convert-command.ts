import { parseArgs } from 'node:util';
import { MillraceError } from '@millrace/runtime';
import { convertModel } from './convert-model.ts';

const usage = 'usage: convert-command --gguf PATH --out DIR [--mode exact|fp32]';

/**
 * Converts a model, as a command: progress as lines of JSON on standard output, an error as one sentence on standard
 * error and the exit code 1.
 */
async function main(): Promise<void> {
  const { gguf, out, mode } = readArguments();
  let reported = -1;
  const onProgress = (share: number): void => {
    const percent = Math.floor(share * 100);
    if (percent === reported) return;
    reported = percent;
    process.stdout.write(`${JSON.stringify({ progress: percent / 100 })}\n`);
  };
  await convertModel({ source: gguf, target: out, mode, onProgress });
}

function readArguments(): { gguf: string; out: string; mode: 'exact' | 'fp32' } {
  const { values } = parseArgs({
    options: {
      gguf: { type: 'string' },
      out: { type: 'string' },
      mode: { type: 'string', default: 'exact' },
    },
  });
  const { gguf, out, mode } = values;
  if (gguf === undefined || out === undefined || (mode !== 'exact' && mode !== 'fp32')) {
    throw new MillraceError('config_invalid', usage);
  }
  return { gguf, out, mode };
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
