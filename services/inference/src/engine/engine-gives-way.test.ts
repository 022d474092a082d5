import { describe, expect, it } from 'vitest';
import type { Engine } from './engine.ts';
import { collect, fabricatedEngine, generationOf, type Collected } from './engine-fixture.ts';

const long = Int32Array.from({ length: 40 }, (_, index) => index);
const short = (first: number): Int32Array => Int32Array.of(first, 7, 9);

/** Prefills a long prompt and brings a short one in whenever `arrivesAt` says so. @returns the chunks that began */
async function run(
  arrivesAt: (chunk: number) => boolean,
  changes: {
    readonly slots?: number;
    readonly newcomer?: Int32Array;
    readonly tenants?: readonly string[];
  } = {},
): Promise<{ readonly chunks: string[]; readonly answers: Collected[] }> {
  const chunks: string[] = [];
  const answers: Promise<Collected>[] = [];
  const { tenants = ['tenant'] } = changes;
  const start = (engine: Engine, promptTokens: Int32Array): void => {
    const cacheScope = tenants[answers.length % tenants.length] ?? '';
    answers.push(collect(engine.generate(generationOf({ promptTokens, cacheScope, maxTokens: 2 }))));
  };
  const { engine } = fabricatedEngine({
    slots: changes.slots ?? 4,
    prefillChunk: 8,
    beforeStep: (step) => {
      if (step.kind !== 'prefill') return;
      chunks.push(`${step.tokens[0] === step.start ? 'long' : 'short'} ${step.start}`);
      if (arrivesAt(chunks.length)) start(engine, changes.newcomer ?? short(100 + chunks.length));
    },
  });
  start(engine, long);
  while (engine.running + engine.waiting > 0) await Promise.all(answers);
  return { chunks, answers: await Promise.all(answers) };
}

describe('a chunk of a long prompt', () => {
  it.each([[['tenant']], [['one', 'other']]])(
    'is stopped for a short prompt, and computed after it: tenants %j',
    async (tenants) => {
      const { chunks, answers } = await run((chunk) => chunk === 2, { tenants });
      expect(chunks.slice(0, 4)).toEqual(['long 0', 'long 8', 'short 0', 'long 8']);
      const alone = await run(() => false);
      expect(answers[0]?.tokens).toEqual(alone.answers[0]?.tokens);
    },
  );

  it('is not stopped twice in a row', async () => {
    const { chunks } = await run((chunk) => chunk === 1 || chunk === 3);
    expect(chunks.slice(0, 5)).toEqual(['long 0', 'short 0', 'long 0', 'short 0', 'long 8']);
  });

  it('is not stopped for a prompt of more than a chunk, nor for one that has no slot', async () => {
    const newcomer = Int32Array.from({ length: 9 }, (_, index) => 100 + index);
    expect((await run((chunk) => chunk === 2, { newcomer })).chunks.slice(0, 3)).toEqual([
      'long 0',
      'long 8',
      'short 0',
    ]);
    expect((await run((chunk) => chunk === 2, { slots: 1 })).chunks.slice(0, 3)).toEqual([
      'long 0',
      'long 8',
      'long 16',
    ]);
  });

  it('is not stopped when it is the last one', async () => {
    expect((await run((chunk) => chunk === 5)).chunks).toEqual([
      'long 0',
      'long 8',
      'long 16',
      'long 24',
      'long 32',
      'short 0',
    ]);
  });
});
