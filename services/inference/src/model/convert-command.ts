import { parseArgs } from 'node:util';
import { MillraceError } from '@millrace/runtime';
import type { CacheType } from './cache-type.ts';
import { convertModel } from './convert-model.ts';
import type { ConversionMode } from './linear-layer.ts';

const usage = 'usage: convert-command --gguf PATH --out DIR [--mode exact|fp32] [--half-cache]';

/**
 * Converts a model, as a command: progress as lines of JSON on standard output, an error as one sentence on standard
 * error and the exit code 1.
 */
async function main(): Promise<void> {
  const { gguf, out, mode, cacheType } = readArguments();
  let reported = -1;
  const onProgress = (share: number): void => {
    const percent = Math.floor(share * 100);
    if (percent === reported) return;
    reported = percent;
    process.stdout.write(`${JSON.stringify({ progress: percent / 100 })}\n`);
  };
  await convertModel({ source: gguf, target: out, mode, cacheType, onProgress });
}

function readArguments(): { gguf: string; out: string; mode: ConversionMode; cacheType: CacheType } {
  const { values } = parseArgs({
    options: {
      gguf: { type: 'string' },
      out: { type: 'string' },
      mode: { type: 'string', default: 'exact' },
      'half-cache': { type: 'boolean', default: false },
    },
  });
  const { gguf, out, mode } = values;
  if (gguf === undefined || out === undefined || (mode !== 'exact' && mode !== 'fp32')) {
    throw new MillraceError('config_invalid', usage);
  }
  return { gguf, out, mode, cacheType: values['half-cache'] ? 'float16' : 'float32' };
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
