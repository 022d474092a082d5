import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { provideBrowser } from './browser.mjs';

let folder;
let lines;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace browser '));
  lines = [];
});

afterEach(() => rmSync(folder, { recursive: true }));

const provide = (environment) =>
  provideBrowser({
    environment: { PATH: folder, ...environment },
    cache: folder,
    parts: { chromium: { version: '1', platforms: {} } },
    platform: 'linux-none',
    reporter: { line: (text) => lines.push(text) },
  });

function writeProgram(name) {
  const path = join(folder, name);
  writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
  return path;
}

it('takes the browser that is named, and says where that is none', async () => {
  const path = writeProgram('my-browser');
  expect(await provide({ MILLRACE_BROWSER: path })).toEqual({ MILLRACE_BROWSER: path });
  await expect(provide({ MILLRACE_BROWSER: join(folder, 'none') })).rejects.toThrow(
    `MILLRACE_BROWSER is ${join(folder, 'none')}, which is not a program.`,
  );
});

it('finds one on PATH where none is pinned', async () => {
  const path = writeProgram('chromium');
  expect(await provide({})).toEqual({ MILLRACE_BROWSER: path });
});

it.skipIf(process.platform === 'darwin')('goes without one, and says so, where there is none', async () => {
  expect(await provide({})).toEqual({});
  expect(lines).toEqual([expect.stringContaining('none is pinned for linux-none')]);
});
