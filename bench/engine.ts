/**
 * What the engine does on this machine: tokens per second of decoding at 1, 4 and 8 sequences, with a short and a long context,
 * and of prefill. All in one run, so that ratios hold where figures of different days do not.
 *
 *   npm run bench:engine -- [--tokens N] [--threads N] [--json]
 */
import { parseArgs } from 'node:util';
import { loadModel, neutralSampling, type LoadedModel } from '@millrace/inference';
import { createLogger, systemClock } from '@millrace/runtime';

const { values } = parseArgs({
  options: {
    tokens: { type: 'string', default: '60' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const usage = `npm run bench:engine -- [--tokens N] [--threads N] [--json]

  --tokens N   tokens decoded by each sequence, 16 to 1000 (60)
  --threads N  threads of the engine, 1 to 64 (2)
  --json       one JSON object instead of tables
`;
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const tokens = wholeNumber('tokens', values.tokens, 16, 1_000);
const threads = wholeNumber('threads', values.threads, 1, 64);
const promptLengths = [60, 400] as const;
const sequenceCounts = [1, 4, 8] as const;
const prefillTokens = 512;

const model = await loadModel({
  engine: 'onnx',
  modelDirectory: process.env['MILLRACE_MODEL_DIR'],
  slots: Math.max(...sequenceCounts),
  kvMemoryBytes: 4 * 1024 ** 3,
  prefixCacheBytes: 0,
  contextLength: 2_048,
  threads,
  clock: systemClock,
  logger: createLogger({ service: 'bench', level: 'silent' }),
});
try {
  const decode = [];
  for (const promptLength of promptLengths) {
    for (const sequences of sequenceCounts) {
      const tokensPerSecond = await decodeRate(model, promptLength, sequences);
      decode.push({ 'context at start': promptLength, sequences, 'tokens/s': Math.round(tokensPerSecond) });
    }
  }
  const prefill = Math.round(await prefillRate(model));
  if (values.json) process.stdout.write(`${JSON.stringify({ threads, decode, prefill })}\n`);
  else {
    console.table(decode);
    process.stdout.write(`prefill of ${prefillTokens} tokens: ${prefill} tokens/s\n`);
  }
} finally {
  await model.close();
}

/** Tokens per second of all sequences together, from the moment when the last of them has its first token. */
async function decodeRate(loaded: LoadedModel, promptLength: number, sequences: number): Promise<number> {
  let decoding = 0;
  let startedAt = 0;
  let counted = 0;
  let endedAt = 0;
  await Promise.all(
    Array.from({ length: sequences }, async (_, index) => {
      let seen = 0;
      for await (const step of generate(loaded, promptLength, tokens, index)) {
        if (step.kind !== 'tokens') continue;
        if (seen === 0) {
          decoding += 1;
          if (decoding === sequences) startedAt = performance.now();
        }
        seen += step.tokens.length;
        if (decoding === sequences && endedAt === 0) counted += step.tokens.length;
      }
      // From the first end on, fewer decode.
      if (endedAt === 0) endedAt = performance.now();
    }),
  );
  return counted / ((endedAt - startedAt) / 1_000);
}

async function prefillRate(loaded: LoadedModel): Promise<number> {
  const startedAt = performance.now();
  for await (const step of generate(loaded, prefillTokens, 1, 0))
    if (step.kind === 'tokens') return prefillTokens / ((performance.now() - startedAt) / 1_000);
  throw new Error('The engine said nothing.');
}

/** Sampled at a high temperature, so that hardly any sequence ends by itself. */
function generate({ engine }: LoadedModel, promptLength: number, maxTokens: number, index: number) {
  return engine.generate({
    cacheScope: 'bench',
    requestId: `bench-${index}`,
    promptTokens: Int32Array.from(
      { length: promptLength },
      (_, position) => 1_000 + ((position * 37 + index) % 40_000),
    ),
    continuation: new Int32Array(),
    maxTokens,
    ...neutralSampling,
    temperature: 2,
    topK: 64,
    seed: BigInt(index),
    reproducible: false,
    stop: [],
    signal: new AbortController().signal,
  });
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  process.stderr.write(`--${name} is ${text}: it must be a whole number from ${min} to ${max}.\n`);
  process.exit(1);
}
