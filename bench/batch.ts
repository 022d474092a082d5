/**
 * A batch as large as they may be: 50,000 requests in a file of 200 MB, with an engine that answers at once.
 *
 *   npm run bench:batch -- [--lines N] [--megabytes N]
 */
import { createWriteStream, openAsBlob } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import OpenAI from 'openai';
import { createScratchFolder } from '@millrace/embedded';
import { fileURLToPath } from 'node:url';
import { usageOf } from './gateway/process-usage.ts';
import { startEmbeddedChild } from './pipeline/start-embedded-child.ts';

const usage = `npm run bench:batch -- [--lines N] [--megabytes N]

  --lines N      requests, 1 to 50000 (50000)
  --megabytes N  size of the file, at most 200 (200)

Linux alone, for memory and processor time.
`;
const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '50000' },
    megabytes: { type: 'string', default: '200' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const pollMs = 250;
const isOver = new Set(['completed', 'failed', 'expired', 'cancelled']);

async function main(): Promise<void> {
  const lines = wholeNumber('lines', 1, 50_000);
  const megabytes = wholeNumber('megabytes', 1, 200);
  const folder = await createScratchFolder();
  const embedded = await startEmbeddedChild(path.join(folder.path, 'data'), {
    MILLRACE_ENGINE: 'instant',
    MILLRACE_MODEL_MANIFEST: fileURLToPath(new URL('pipeline/instant-models.json', import.meta.url)),
    MILLRACE_LOG_LEVEL: 'warn',
  });
  let peakBytes = 0;
  const sampling = setInterval(() => {
    peakBytes = Math.max(peakBytes, usageOf(embedded.pid).residentBytes);
  }, pollMs);
  try {
    const { url, apiKey } = embedded.target;
    const client = new OpenAI({ apiKey, baseURL: `${url}/v1`, timeout: 600_000 });
    const file = path.join(folder.path, 'batch.jsonl');
    const bytes = await writeLines(file, lines, (megabytes * 1_000_000) / lines);
    const before = usageOf(embedded.pid);

    const uploading = performance.now();
    const { id } = await client.files.create({
      file: new File([await openAsBlob(file)], 'batch.jsonl'),
      purpose: 'batch',
    });
    const uploadS = secondsSince(uploading);
    process.stderr.write(`uploaded ${Math.round(bytes / 1e6)} MB in ${uploadS} s\n`);

    const creating = performance.now();
    let batch = await client.batches.create({
      input_file_id: id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    let validS: number | undefined;
    while (!isOver.has(batch.status)) {
      await pause(pollMs);
      batch = await client.batches.retrieve(batch.id);
      if (validS === undefined && batch.status !== 'validating') validS = secondsSince(creating);
      process.stderr.write(`\r${batch.status} ${batch.request_counts?.completed ?? 0} of ${lines}   `);
    }
    process.stderr.write('\n');
    const wholeS = secondsSince(creating);
    if (batch.status !== 'completed' || batch.request_counts?.completed !== lines)
      throw new Error(`The batch ended as ${batch.status}: ${JSON.stringify(batch.request_counts)}.`);

    const downloading = performance.now();
    const output = await (await client.files.content(batch.output_file_id ?? '')).text();
    const answered = new Set(
      output
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id),
    ).size;
    if (answered !== lines) throw new Error(`${answered} of ${lines} requests have an answer in the output.`);
    console.table({
      'upload, s': uploadS,
      'upload, MB/s': round(bytes / 1e6 / uploadS),
      'validation, s': validS ?? 0,
      'from creation to the end, s': wholeS,
      'requests/s': Math.round(lines / (wholeS - (validS ?? 0))),
      'download, s': secondsSince(downloading),
      'output, MB': round(output.length / 1e6),
      'CPU, ms a request': round((usageOf(embedded.pid).cpuMs - before.cpuMs) / lines),
      'memory before, MB': Math.round(before.residentBytes / 1e6),
      'memory peak, MB': Math.round(peakBytes / 1e6),
    });
  } finally {
    clearInterval(sampling);
    await embedded.stop();
    await folder.stop();
  }
}

async function writeLines(file: string, lines: number, bytesOfLine: number): Promise<number> {
  const stream = createWriteStream(file);
  for (let number = 1; number <= lines; number += 1) {
    const line = (content: string): string =>
      `${JSON.stringify({
        custom_id: `request-${number}`,
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model: 'instant', max_tokens: 8, messages: [{ role: 'user', content }] },
      })}\n`;
    const filling = 'word '.repeat(Math.max(1, Math.floor((bytesOfLine - line('').length) / 5)));
    if (!stream.write(line(filling))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
  return stream.bytesWritten;
}

function wholeNumber(name: 'lines' | 'megabytes', least: number, most: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  process.stderr.write(`--${name} is ${values[name]}: a whole number from ${least} to ${most} is allowed.\n`);
  process.exit(2);
}

const secondsSince = (since: number): number => round((performance.now() - since) / 1_000);

function round(value: number): number {
  return Number(value.toFixed(2));
}

if (values.help) process.stdout.write(usage);
else await main();
