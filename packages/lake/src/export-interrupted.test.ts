import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDuckDb, quoted } from './duckdb.ts';
import {
  charge,
  chargeOf,
  close,
  dayMs,
  exportTo,
  noon,
  startTestStreams,
  type TestStreams,
} from './lake.fixture.ts';

let streams: TestStreams;
const requestIds: string[] = [];
const fixture = fileURLToPath(new URL('interrupted-export.fixture.ts', import.meta.url));

beforeAll(async () => {
  streams = await startTestStreams();
  for (let index = 0; index < 5; index += 1) {
    const at = noon + (index < 3 ? 0 : dayMs);
    const closing = await close(streams.bus, index % 2 === 0 ? 'acme' : 'zeta', { closed_at: at });
    requestIds.push(closing.request_id);
    const entry = chargeOf(closing, index + 1);
    await charge(streams.bus, entry);
    // As billing does where it was killed before it had marked the row.
    if (index === 1) await charge(streams.bus, entry);
  }
});
afterAll(() => streams.stop());

/** @returns whether it was killed before it had ended */
async function exportUntil(folder: string, step: number): Promise<boolean> {
  const child = spawn(process.execPath, [fixture, streams.url, folder, 'parquet', String(step)], {
    stdio: 'inherit',
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal === 'SIGKILL') return true;
  expect(code).toBe(0);
  return false;
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const all = await readdir(folder, { recursive: true });
  return all.filter((name) => name.endsWith('.parquet') && !name.startsWith('.partial'));
}

/** What any reader of Parquet finds in the folder: it fails where a file is not whole. */
async function rowsOf(folder: string): Promise<Readonly<Record<'requests' | 'billing', readonly string[]>>> {
  const duckDb = await openDuckDb();
  const read = async (dataset: 'requests' | 'billing') => {
    const files = (await filesOf(folder)).filter((name) => name.startsWith(dataset));
    if (files.length === 0) return [];
    const all = quoted(path.join(folder, dataset, '*', '*.parquet'));
    const found = await duckDb.connection.runAndReadAll(
      `select request_id::VARCHAR from read_parquet(${all})`,
    );
    return found.getRows().map(([id]) => String(id));
  };
  const rows = { requests: await read('requests'), billing: await read('billing') };
  duckDb.close();
  return rows;
}

it('killed at any step and run again, has each row once and no half file', async () => {
  const expected = requestIds.toSorted();
  let killed = 0;
  for (let step = 1; ; step += 1) {
    const folder = await streams.newFolder();
    const wasKilled = await exportUntil(folder, step);
    const before = await rowsOf(folder);
    // In front of the point at which it ended, nothing is missing.
    expect(requestIds.slice(0, before.requests.length).toSorted()).toEqual(before.requests.toSorted());
    if (wasKilled) await exportTo(streams.bus, folder, { rowsPerFile: 3 });
    const after = await rowsOf(folder);
    expect(after.requests.toSorted()).toEqual(expected);
    expect(after.billing.toSorted()).toEqual(expected);
    const names = await readdir(folder);
    expect(names.toSorted()).toEqual(['_lake.json', 'billing', 'requests']);
    if (!wasKilled) break;
    killed += 1;
  }
  expect(killed).toBeGreaterThan(25);
}, 600_000);
