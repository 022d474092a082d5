import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from './lock.mjs';
import { identify } from './process-identity.mjs';

let folder;
let path;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
  path = join(folder, 'set-up.lock');
});

afterEach(() => rmSync(folder, { recursive: true }));

it('lets one at a time work, and is gone after that, whatever the work came to', async () => {
  let inside = 0;
  const work = async () => {
    inside += 1;
    expect(inside).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
  await expect(
    withLock(path, async () => {
      throw new Error('failed');
    }),
  ).rejects.toThrow('failed');
  expect(existsSync(path)).toBe(false);
});

it('says which process it waits for', async () => {
  const waited = [];
  const first = Promise.withResolvers();
  const holding = withLock(path, () => first.promise);
  const second = withLock(path, async () => undefined, {
    onWait: ({ pid }) => {
      waited.push(pid);
      first.resolve();
    },
  });
  await Promise.all([holding, second]);
  expect(waited).toEqual([process.pid]);
});

it('takes over from a process that was killed', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await new Promise((resolve) => child.once('spawn', resolve));
  const holder = identify(child.pid);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  writeFileSync(path, JSON.stringify({ host: hostname(), processes: [holder] }));
  expect(await withLock(path, async () => 'done')).toBe('done');
});

it('takes over from another machine whose heartbeat has stopped', async () => {
  writeFileSync(path, JSON.stringify({ host: 'another', processes: [{ pid: 1 }] }));
  const long = new Date(Date.now() - 60_000);
  utimesSync(path, long, long);
  expect(await withLock(path, async () => 'done')).toBe('done');
});
