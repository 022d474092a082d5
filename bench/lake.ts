/**
 * How long the shipped views take over a lake of a million requests and as many charges, and how fast streams are exported.
 *
 *   npm run bench:lake -- [--rows N] [--rounds N] [--exported N] [--json]
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openLakeSession, shippedViews } from '@millrace/lake';
import { measureExport } from './lake/measure-export.ts';
import { writeLake } from './lake/write-lake.ts';
import { percentile } from './pipeline/percentile.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    exported: { type: 'string', default: '20000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const usage = `npm run bench:lake -- [--rows N] [--rounds N] [--exported N] [--json]

  --rows N         requests in the lake, 1000 to 100000000 (1000000)
  --rounds N       times that each view is asked for, 1 to 1000 (5)
  --exported N     requests that are exported from a stream, 0 to 10000000 (20000)
  --json           one JSON object instead of tables
`;
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const total = numberOf('rows', values.rows, 1_000, 100_000_000);
const rounds = numberOf('rounds', values.rounds, 1, 1_000);
const exported = numberOf('exported', values.exported, 0, 10_000_000);

function numberOf(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  process.stderr.write(`--${name} is ${text}: it must be a whole number from ${min} to ${max}.\n`);
  process.exit(1);
}

async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = files
    .filter((file) => file.isFile())
    .map(async (file) => (await stat(path.join(file.parentPath, file.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** @returns milliseconds from nothing to the rows, as `millrace query` takes beside its start */
async function ask(folder: string, sql: string): Promise<{ readonly ms: number; readonly rows: number }> {
  const startedAt = performance.now();
  const session = await openLakeSession({
    folder,
    live: undefined,
    tenant: undefined,
    queries: [sql],
    signal: new AbortController().signal,
  });
  const { rows } = await session.query(sql);
  const ms = performance.now() - startedAt;
  await session.close();
  return { ms, rows: rows.length };
}

const folder = await mkdtemp(path.join(tmpdir(), 'millrace-bench-lake-'));
try {
  const startedAt = performance.now();
  await writeLake(folder, total);
  const made = {
    requests: total,
    'made in s': Number(((performance.now() - startedAt) / 1_000).toFixed(1)),
    MiB: Math.round((await sizeOf(folder)) / 1024 ** 2),
  };
  const views: Record<string, number | string>[] = [];
  for (const { name } of shippedViews()) {
    const times: number[] = [];
    let rows = 0;
    for (let round = 0; round < rounds; round += 1) {
      const answer = await ask(folder, `select * from ${name}`);
      times.push(answer.ms);
      rows = answer.rows;
    }
    views.push({
      view: name,
      rows,
      'median ms': Math.round(percentile(times, 0.5)),
      'slowest ms': Math.round(Math.max(...times)),
    });
  }
  const exports = exported === 0 ? [] : await measureExport(exported);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...made, views, exports })}\n`);
  else for (const table of [[made], views, exports]) console.table(table);
} finally {
  await rm(folder, { recursive: true, force: true });
}
