/**
 * Millrace's engine on an execution provider and on the CPU, in one run and interleaved: the same weights, prompts and greedy sampling.
 *
 *   MILLRACE_EXECUTION_PROVIDER=cuda npm run bench:provider -- [--rounds N] [--threads N]
 */
import path from 'node:path';
import { convertModel, inferenceSettings } from '@millrace/inference';
import { readSettings } from '@millrace/runtime';
import { withTemporaryFolder, benchFolder } from './engine/bench-folder.ts';
import type { Contender } from './engine/contender.ts';
import { readOptions } from './engine/options.ts';
import { nameOf, points, ratioOf } from './engine/points.ts';
import { runChild } from './engine/run-child.ts';
import { runRounds, type Medians } from './engine/run-rounds.ts';

async function main(): Promise<void> {
  const { rounds, threads } = readOptions(process.argv.slice(2));
  const { provider, modelDirectory } = readSettings(inferenceSettings, process.env);
  const source = process.env['MILLRACE_MODEL'];
  if (modelDirectory === undefined || source === undefined)
    throw new Error('MILLRACE_MODEL_DIR and MILLRACE_MODEL must be a converted model and its GGUF file.');
  await withTemporaryFolder(benchFolder(), async (temporary) => {
    const halfCache = path.join(temporary, 'half-cache');
    await convertModel({ source, target: halfCache, mode: 'exact', cacheType: 'float16' });
    const contender = (
      name: string,
      role: Contender['role'],
      engine: { modelDir: string; provider: typeof provider },
    ): Contender => ({
      name,
      role,
      measure: (point) => runChild({ engine: { kind: 'millrace', ...engine }, threads, point }),
    });
    const medians = await runRounds(
      [
        contender(`${provider}, keys and values in float16`, 'ours', { modelDir: halfCache, provider }),
        contender('cpu', 'peer', { modelDir: modelDirectory, provider: 'cpu' }),
      ],
      rounds,
    );
    process.stdout.write(makeTable(medians));
  });
}

function makeTable(medians: Medians): string {
  const contenders = [...medians];
  const rows = points.map((point) => {
    const figures = contenders.map(([, ofContender]) => ofContender.get(point) ?? Number.NaN);
    const [ours = Number.NaN, theirs = Number.NaN] = figures;
    const cells = [...figures.map((figure) => figure.toFixed(1)), ratioOf(point, ours, theirs).toFixed(2)];
    return `| ${[nameOf(point), ...cells].join(' | ')} |\n`;
  });
  const names = contenders.map(([{ name }]) => name);
  return [`| | ${[...names, 'ratio'].join(' | ')} |\n`, '|---|---|---|---|\n', ...rows].join('');
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
