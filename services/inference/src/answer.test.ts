import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '@millrace/runtime';
import { runAnswer, type RunOptions as AnswerRunOptions } from './answer.fixture.ts';
import { generateChoices } from './choices.ts';
import { collect, fabricatedEngine, generationOf, tokenBytes } from './engine/engine-fixture.ts';
import type { Generation } from './engine/generation.ts';
import type { LoadedModel } from './loaded-model.ts';
import { nothingPublished, type Published, type PublishedChoice } from './published.ts';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const sampling = { temperature: 1, maxTokens: 12, seed: 40n } as const;

interface RunOptions {
  readonly published?: Published;
  readonly choices?: number;
  readonly generation?: Partial<Generation>;
  readonly onAppend?: AnswerRunOptions['onAppend'];
}

/** Answers with an engine of its own. */
async function run({ choices = 3, published = nothingPublished(choices), ...options }: RunOptions = {}) {
  const { engine } = fabricatedEngine({ slots: 4 }, { prefixCacheBytes: 1024 ** 2 });
  const model = { engine, tokenBytes } as unknown as LoadedModel;
  const outcome = await runAnswer({
    published,
    onAppend: options.onAppend,
    work: (signal) => {
      const generations = Array.from({ length: choices }, (_, choice) =>
        generationOf({
          ...sampling,
          seed: sampling.seed + BigInt(choice),
          ...options.generation,
          signal,
        }),
      );
      const plan = { model, generations, hasOnePrompt: true, atOnce: choices };
      return (request, writer) => generateChoices(plan, request, writer);
    },
  });
  await engine.stop();
  return outcome;
}

/** What the engine gives to one choice alone. */
async function alone(choice: number) {
  const { engine } = fabricatedEngine({ slots: 4 });
  const collected = await collect(
    engine.generate(generationOf({ ...sampling, seed: sampling.seed + BigInt(choice) })),
  );
  await engine.stop();
  return collected;
}

describe('answer', () => {
  it('gives each choice the seed behind the one before, and counts the prompt once', async () => {
    const { result, textOf } = await run();
    const each = await Promise.all([0, 1, 2].map(alone));
    expect([0, 1, 2].map(textOf)).toEqual(each.map(({ text }) => text));
    expect(new Set(each.map(({ text }) => text)).size).toBe(3);
    expect(result).toMatchObject({
      status: 'fulfilled',
      value: {
        outcome: 'COMPLETED',
        finishReasons: each.map(({ finished }) => finished.reason),
        digest: each.map(({ text }) => sha256(text)),
        usage: {
          input_tokens: 3,
          output_tokens: each.reduce((sum, { tokens }) => sum + tokens.length, 0),
          characters_out: each.reduce((sum, { text }) => sum + text.length, 0),
        },
      },
    });
  });

  it('of one choice has one digest, and says nothing of choices', async () => {
    const { result, chunks } = await run({ choices: 1 });
    const { text } = await alone(0);
    expect(result).toMatchObject({ value: { finishReasons: [], digest: sha256(text) } });
    expect(chunks.every(({ opened }) => opened.finish_reason === undefined)).toBe(true);
  });

  it('goes on with each choice where it was, and leaves one that had ended', async () => {
    const each = await Promise.all([0, 1, 2].map(alone));
    const begun = (choice: number, count: number): PublishedChoice => ({
      tokens: Int32Array.from(each[choice]?.tokens.slice(0, count) ?? []),
      text: count === 0 ? '' : (each[choice]?.releasedAfter[count - 1] ?? ''),
      finishReason: undefined,
    });
    const ended = { tokens: Int32Array.of(5), text: 'ended', finishReason: 'stop' };
    const published = { choices: [ended, begun(1, 4), begun(2, 0)], firstAt: 1, barrenAttempts: 0 };
    const { result, chunks, textOf } = await run({ published });
    expect(textOf(0)).toBe('');
    expect((published.choices[1]?.text ?? '') + textOf(1)).toBe(each[1]?.text);
    expect(textOf(2)).toBe(each[2]?.text);
    const first = (choice: number) => chunks.find((chunk) => chunk.choice === choice)?.first_position;
    expect([first(0), first(1), first(2)]).toEqual([undefined, 4, 0]);
    expect(result).toMatchObject({
      value: { digest: ['ended', each[1]?.text ?? '', each[2]?.text ?? ''].map(sha256) },
    });
  });

  it('ends all choices when the request is cancelled, and marks none of those as ended', async () => {
    const cancellation = { tenant: 'acme', request_id: 'r1', reason: 'client', at: 0 } as const;
    const { result, chunks } = await run({
      onAppend: (_record, interrupt) => interrupt({ kind: 'cancelled', cancellation }),
    });
    expect(result).toMatchObject({
      value: { outcome: 'CANCELLED', finishReason: 'cancelled', finishReasons: expect.any(Array) as unknown },
    });
    expect(chunks.map(({ opened }) => opened.finish_reason)).not.toContain('cancelled');
  });

  it('fails as a whole, for another worker to go on, when its log is no longer its own', async () => {
    const fenced = new MillraceError('fenced', 'Another writer has appended.');
    const { result } = await run({
      onAppend(record) {
        if (record.choice === 1) throw fenced;
      },
    });
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'fenced' } });
  });

  it('reports the tokens of each choice with their texts', async () => {
    const { chunks } = await run({ choices: 2, generation: { logprobs: 2 } });
    for (const { opened } of chunks) {
      expect((opened.logprobs ?? []).map(({ bytes }) => bytes)).toEqual(
        opened.tokens.map((token) => [...tokenBytes(token)]),
      );
      for (const { top_logprobs } of opened.logprobs ?? []) expect(top_logprobs).toHaveLength(2);
    }
    expect(chunks.flatMap(({ opened }) => opened.logprobs ?? []).length).toBeGreaterThan(12);
  });
});
