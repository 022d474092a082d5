/**
 * What the embedder does on this machine: texts and tokens per second for short texts and for ones of the full length, against one
 * text at a time, and the longest time for which the event loop stood still.
 *
 *   npm run bench:embeddings -- [--texts N] [--threads N] [--json]
 */
import { parseArgs } from 'node:util';
import { createEmbedder, type Embedder } from '@millrace/inference';

const { values } = parseArgs({
  options: {
    texts: { type: 'string', default: '256' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const usage = `npm run bench:embeddings -- [--texts N] [--threads N] [--json]

  --texts N    short texts that are embedded, 16 to 100000 (256); of long ones a sixteenth as many
  --threads N  threads of the embedder, 1 to 64 (2)
  --json       one JSON object instead of a table
`;
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const texts = wholeNumber('texts', values.texts, 16, 100_000);
const threads = wholeNumber('threads', values.threads, 1, 64);
const folder = process.env['MILLRACE_EMBEDDING_DIR'];
if (folder === undefined) throw new Error('MILLRACE_EMBEDDING_DIR is not set');
const sentence = 'The mill stands by the river, and its wheel turns slowly in the evening light. ';

const embedder = await createEmbedder(folder, { threads });
try {
  await embedder.embed([sentence], new AbortController().signal);
  const rows = [];
  for (const [kind, repeats, count] of [
    ['short', 1, texts],
    ['full length', 40, Math.ceil(texts / 16)],
  ] as const) {
    const batch = Array.from({ length: count }, (_, index) => `${index}. ${sentence.repeat(repeats)}`);
    for (const [form, calls] of [
      ['one call', [batch]],
      ['a call for each', batch.map((text) => [text])],
    ] as const) {
      rows.push({ texts: kind, form, ...(await measure(embedder, calls)) });
    }
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ threads, rows })}\n`);
  else console.table(rows);
} finally {
  await embedder.close();
}

async function measure(target: Embedder, calls: readonly (readonly string[])[]) {
  const { signal } = new AbortController();
  let running = true;
  let lastTurnMs = performance.now();
  let longestTurnMs = 0;
  const turn = (): void => {
    const now = performance.now();
    longestTurnMs = Math.max(longestTurnMs, now - lastTurnMs);
    lastTurnMs = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  const startedAtMs = performance.now();
  const startedAt = process.cpuUsage();
  let tokens = 0;
  let count = 0;
  for (const call of calls) {
    const embeddings = await target.embed(call, signal);
    count += call.length;
    tokens += embeddings.tokens.reduce((sum, each) => sum + each, 0);
  }
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const { user, system } = process.cpuUsage(startedAt);
  running = false;
  return {
    'texts/s': Number((count / seconds).toFixed(1)),
    'tokens/s': Math.round(tokens / seconds),
    'tokens/s of processor time': Math.round(tokens / ((user + system) / 1e6)),
    'longest turn ms': Math.round(longestTurnMs),
  };
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  process.stderr.write(`--${name} is ${text}: it must be a whole number from ${min} to ${max}.\n`);
  process.exit(1);
}
