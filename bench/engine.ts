/**
 * Millrace's engine and its peers in one run, interleaved: the same weights, prompts, threads and greedy sampling. Ratios hold where
 * figures of different days and machines do not.
 *
 *   npm run bench:engine -- [--rounds N] [--threads N] [--native] [--json FILE]
 */
import { writeFile } from 'node:fs/promises';
import { createContenders } from './engine/contenders.ts';
import { readOptions, usage, type BenchOptions } from './engine/options.ts';
import { makeReport } from './engine/report.ts';
import { runRounds } from './engine/run-rounds.ts';
import { makeTable } from './engine/table.ts';

async function main({ rounds, threads, native, json }: BenchOptions): Promise<void> {
  const { MILLRACE_MODEL_DIR: modelDir, MILLRACE_MODEL: modelPath } = process.env;
  if (modelDir === undefined || modelPath === undefined) {
    throw new Error(
      'MILLRACE_MODEL_DIR and MILLRACE_MODEL must be a converted model and the GGUF file that it was made from.',
    );
  }
  if (json !== undefined) await writeFile(json, ''); // fails now rather than after all rounds
  const contenders = await createContenders({ modelDir, modelPath, threads, native });
  const report = makeReport(await runRounds(contenders, rounds), { threads, rounds });
  process.stdout.write(makeTable(report));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else await main(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
