import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

/** Writes the name of each package that is loaded, as it is loaded. */
const hook = `
  import { registerHooks } from 'node:module';
  import { writeSync } from 'node:fs';
  registerHooks({
    load(url, context, next) {
      const [, name] = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
      if (name !== undefined) writeSync(2, name + '\\n');
      return next(url, context);
    },
  });
`;

/** The packages of others that a command loads. */
async function loadedBy(...args: readonly string[]): Promise<ReadonlySet<string>> {
  const { stderr } = await promisify(execFile)(process.execPath, [
    '--import',
    `data:text/javascript,${encodeURIComponent(hook)}`,
    main,
    ...args,
  ]);
  return new Set(stderr.split('\n'));
}

const ofSomeCommands = ['nats', 'pg', 'drizzle-orm', 'avsc', 'kafkajs', 'fastify', 'compromise'];
const ofFewCommands = ['@duckdb/node-api', 'vega', 'onnxruntime-node'];

it('what only some commands need is not loaded by the others', async () => {
  const unwanted = [...ofSomeCommands, ...ofFewCommands];
  for (const args of [['--help'], ['tenants', '--help'], ['quota', '--help'], ['pii', '--help']]) {
    const loaded = await loadedBy(...args);
    expect(unwanted.filter((name) => loaded.has(name))).toEqual([]);
  }
});

it('what is heavy is loaded when a command does its work, not to say what it does', async () => {
  const loaded = await loadedBy('completion', 'bash');
  expect(ofSomeCommands.filter((name) => loaded.has(name))).toContain('avsc');
  expect([...ofFewCommands, 'fastify', 'kafkajs', 'compromise'].filter((name) => loaded.has(name))).toEqual(
    [],
  );
});
