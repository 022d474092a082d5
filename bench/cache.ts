/**
 * What the prefix cache saves: the time to the first token of a prompt, and of another one with the same 1,000 tokens at its
 * beginning.
 *
 *   npm run bench:cache -- [--rounds N] [--prefix TOKENS] [--json]
 */
import { parseArgs } from 'node:util';
import { loadModel, neutralSampling } from '@millrace/inference';
import { createLogger, systemClock } from '@millrace/runtime';
import { percentile } from './pipeline/percentile.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    prefix: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const usage = `npm run bench:cache -- [--rounds N] [--prefix TOKENS] [--json]

  --rounds N       pairs of requests that are measured, 1 to 1000 (5)
  --prefix TOKENS  tokens that both requests of a pair begin with, 64 to 1900 (1000)
  --json           one JSON object instead of a table
`;
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const rounds = numberOf('rounds', values.rounds, 1, 1_000);
const prefix = numberOf('prefix', values.prefix, 64, 1_900);

function numberOf(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  process.stderr.write(`--${name} is ${text}: it must be a whole number from ${min} to ${max}.\n`);
  process.exit(1);
}

const { engine } = await loadModel({
  engine: 'onnx',
  modelDirectory: process.env['MILLRACE_MODEL_DIR'],
  slots: 1,
  contextLength: 2_048,
  kvMemoryBytes: 1024 ** 3,
  prefixCacheBytes: 512 * 1024 ** 2,
  threads: 2,
  clock: systemClock,
  logger: createLogger({ service: 'bench', level: 'silent' }),
});

/** @returns milliseconds to the first token, and how many tokens came from the cache */
async function ask(promptTokens: Int32Array): Promise<{ ms: number; cached: number }> {
  const startedAt = performance.now();
  let ms = Number.NaN;
  for await (const step of engine.generate({
    ...neutralSampling,
    requestId: 'bench',
    cacheScope: 'bench',
    priority: 'NORMAL',
    promptTokens,
    continuation: new Int32Array(),
    maxTokens: 1,
    temperature: 0,
    seed: 0n,
    reproducible: false,
    stop: [],
    signal: new AbortController().signal,
  })) {
    if (step.kind === 'tokens') ms = performance.now() - startedAt;
    if (step.kind === 'finished') return { ms, cached: step.cachedTokens };
  }
  throw new Error('The engine ended without saying why.');
}

/** Any tokens will do; different ones for each round. */
const tokens = (seed: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => 100 + ((seed * 7_919 + index * 104_729) % 40_000));

const rows: { first: number; second: number; ratio: number; cached: number }[] = [];
for (let round = 0; round < rounds; round += 1) {
  const shared = tokens(round, prefix);
  const first = await ask(Int32Array.from([...shared, ...tokens(1_000 + round, 20)]));
  const second = await ask(Int32Array.from([...shared, ...tokens(2_000 + round, 20)]));
  rows.push({ first: first.ms, second: second.ms, ratio: first.ms / second.ms, cached: second.cached });
}
await engine.stop();
const medianOf = (key: keyof (typeof rows)[number]): number =>
  Number(
    percentile(
      rows.map((row) => row[key]),
      0.5,
    ).toFixed(1),
  );
const result = {
  'prefix tokens': prefix,
  'cached tokens': medianOf('cached'),
  'first ms': medianOf('first'),
  'second ms': medianOf('second'),
  ratio: medianOf('ratio'),
};
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else console.table([result]);
