import { expect, test } from 'vitest';
import { startAll, stopInReverse } from './lifecycle.ts';

function part(name: string, log: string[], fails = false) {
  return async () => {
    log.push(`start ${name}`);
    return Promise.resolve({
      async stop() {
        log.push(`stop ${name}`);
        return fails ? Promise.reject(new Error(`${name} stuck`)) : Promise.resolve();
      },
    });
  };
}

test('parts stop in the reverse order of their start', async () => {
  const log: string[] = [];
  const running = await startAll([part('a', log), part('b', log)], new AbortController().signal);
  await running.stop();
  expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});

const failing = async (): Promise<never> => Promise.reject(new Error('no'));

test('when one does not start, those before it are stopped and its error is thrown', async () => {
  const log: string[] = [];
  await expect(
    startAll([part('a', log), failing, part('b', log)], new AbortController().signal),
  ).rejects.toThrow('no');
  expect(log).toEqual(['start a', 'stop a']);
});

test('one that does not stop does not keep the others', async () => {
  const log: string[] = [];
  const parts = [await part('a', log)(), await part('b', log, true)()];
  await expect(stopInReverse(parts)).rejects.toThrow('b stuck');
  expect(log.at(-1)).toBe('stop a');
});
