import { expect, it } from 'vitest';
import { createSuspects, type Suspects } from './suspects.ts';

const never = new AbortController().signal;

/** Suspects by name: which of them run, and how to say that one has got somewhere. */
function observe(suspects: Suspects) {
  const running = new Map<string, () => void>();
  return {
    enter: (name: string, { alone = false, signal = never } = {}): void => {
      void suspects.enter(alone, signal).then((settle) => running.set(name, settle));
    },
    settle: async (name: string): Promise<void> => {
      await Promise.resolve();
      running.get(name)?.();
      running.delete(name);
      await Promise.resolve();
    },
    running: async (): Promise<string[]> => {
      await Promise.resolve();
      return [...running.keys()];
    },
  };
}

it('lets one run, then twice as many with each round that gets somewhere', async () => {
  const { enter, settle, running } = observe(createSuspects());
  for (let index = 1; index <= 9; index += 1) enter(`${index}`);
  expect(await running()).toEqual(['1']);
  await settle('1');
  expect(await running()).toEqual(['2', '3']);
  await settle('2');
  await settle('2');
  await settle('3');
  expect(await running()).toEqual(['4', '5', '6', '7']);
});

it('begins with one again when all were through', async () => {
  const { enter, settle, running } = observe(createSuspects());
  enter('1');
  enter('2');
  await settle('1');
  await settle('2');
  for (const name of ['3', '4', '5']) enter(name);
  expect(await running()).toEqual(['3']);
});

it('lets who is to run alone wait for the others, and the others for it', async () => {
  const { enter, settle, running } = observe(createSuspects());
  enter('1');
  enter('2');
  await settle('1');
  enter('lone', { alone: true });
  enter('3');
  expect(await running()).toEqual(['2']);
  await settle('2');
  expect(await running()).toEqual(['lone']);
  await settle('lone');
  expect(await running()).toEqual(['3']);
});

it('lets one go on out of turn whose signal is aborted, and those behind it run', async () => {
  const { enter, running } = observe(createSuspects());
  const impatient = new AbortController();
  enter('1');
  enter('lone', { alone: true, signal: impatient.signal });
  enter('2');
  impatient.abort();
  expect(await running()).toEqual(['1', 'lone']);
});
