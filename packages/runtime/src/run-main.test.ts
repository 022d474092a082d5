import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

/** Runs `start` as the whole of a process. */
function run(start: string, options = '{}'): ChildProcess {
  const index = JSON.stringify(new URL('index.ts', import.meta.url).href);
  const source = `import { MillraceError, runMain } from ${index};\nawait runMain(${start}, ${options});`;
  return spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ending(
  child: ChildProcess,
): Promise<{ readonly exitCode: unknown; readonly out: string; readonly err: string }> {
  const [out, err, [exitCode]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit'),
  ]);
  return { exitCode, out, err };
}

const ready = async (child: ChildProcess): Promise<void> => {
  await once(child.stdout!, 'data');
};

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops cleanly and exits 0', async (signal) => {
  const child = run(
    `async () => { process.stdout.write('up '); return { stop: async () => void process.stdout.write('stopped') }; }`,
  );
  child.stdout!.once('data', () => child.kill(signal));
  expect(await ending(child)).toEqual({ exitCode: 0, out: 'up stopped', err: '' });
});

test('an error at start is one sentence on the standard error, and exit code 1', async () => {
  const child = run(`async () => { throw new MillraceError('port_in_use', 'Port 1 is in use: set X'); }`);
  expect(await ending(child)).toEqual({ exitCode: 1, out: '', err: 'Port 1 is in use: set X\n' });
});

test('a signal that comes twice at once, to the process group and from the parent, is one', async () => {
  const child = run(
    `async () => {
      process.stdout.write('up');
      return { stop: () => new Promise((resolve) => { process.stdout.write('stopping'); process.once('SIGINT', resolve); }) };
    }`,
    '{ sameSignalMs: 60_000 }',
  );
  await ready(child);
  child.kill('SIGTERM');
  await ready(child);
  child.kill('SIGINT');
  expect((await ending(child)).exitCode).toBe(0);
});

test('a later signal exits at once, a stop past its limit too', async () => {
  const stuck = `async () => { process.stdout.write('up'); return { stop: () => { process.stdout.write('stopping'); return new Promise(() => {}); } }; }`;
  const impatient = run(stuck, '{ sameSignalMs: 0 }');
  await ready(impatient);
  impatient.kill('SIGTERM');
  await ready(impatient);
  impatient.kill('SIGTERM');
  expect((await ending(impatient)).exitCode).toBe(1);
  const limited = run(stuck, '{ stopLimitMs: 20 }');
  await ready(limited);
  limited.kill('SIGTERM');
  const { exitCode, err } = await ending(limited);
  expect([exitCode, err]).toEqual([1, expect.stringContaining('did not stop within 20 ms')]);
});

test('a promise that nobody handled is logged and exits 1', async () => {
  const child = run(
    `async () => { setImmediate(() => Promise.reject(new Error('lost'))); return { stop: async () => {} }; }`,
  );
  const { exitCode, err } = await ending(child);
  expect([exitCode, err]).toEqual([1, expect.stringContaining('lost')]);
});
