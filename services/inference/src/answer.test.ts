import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ManualClock, MillraceError } from '@millrace/runtime';
import { runAnswer, type RunOptions as AnswerRunOptions } from './answer.fixture.ts';
import { generateChoices } from './choices.ts';
import { collect, fabricatedEngine, generationOf, tokenBytes } from './engine/engine-fixture.ts';
import type { Engine } from './engine/engine.ts';
import type { Generation } from './engine/generation.ts';
import { createInstantEngine } from './engine/instant-engine.ts';
import { toolCallFormOf, type ToolCallForm } from './grammar/tools/tool-call-form.ts';
import type { LoadedModel } from './loaded-model.ts';
import { nothingPublished, type Published, type PublishedChoice } from './published.ts';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const sampling = { temperature: 1, maxTokens: 12, seed: 40n } as const;

interface RunOptions {
  readonly engine?: Engine;
  readonly toolCalls?: ToolCallForm;
  readonly published?: Published;
  readonly choices?: number;
  readonly generation?: Partial<Generation>;
  readonly onAppend?: AnswerRunOptions['onAppend'];
}

/** Answers with an engine of its own. */
async function run({ choices = 3, published = nothingPublished(choices), ...options }: RunOptions = {}) {
  const engine = options.engine ?? fabricatedEngine({ slots: 4 }, { prefixCacheBytes: 1024 ** 2 }).engine;
  const model = { engine, tokenBytes } as unknown as LoadedModel;
  const outcome = await runAnswer({
    published,
    onAppend: options.onAppend,
    work: (signal) => {
      const generations = Array.from({ length: choices }, (_, choice) => ({
        ...generationOf({
          ...sampling,
          seed: sampling.seed + BigInt(choice),
          ...options.generation,
          signal,
        }),
        toolCalls: options.toolCalls,
      }));
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

describe('an answer that calls functions', () => {
  const text = 'Let me see.\n<tool_call>\n{"name": "now", "arguments": {"zone": "UTC"}}\n</tool_call>';
  const toolCalls = toolCallFormOf('{{ tools }}<tool_call>arguments</tool_call>');
  const card = { name: 'instant', version: '1', contextLength: 512, vocabularySize: 512 };
  const engineOf = () => createInstantEngine({ card, text, steps: 20, clock: new ManualClock() });
  const called = {
    id: 'call_request_0_0',
    type: 'function',
    function: { name: 'now', arguments: '{"zone":"UTC"}' },
  };
  const options = {
    choices: 1,
    generation: { maxTokens: 100 },
    ...(toolCalls === undefined ? {} : { toolCalls }),
  };

  it('gives the calls with its last chunk, and what is no call as text', async () => {
    const { result, chunks, textOf } = await run({ ...options, engine: engineOf() });
    expect(result).toMatchObject({
      status: 'fulfilled',
      value: { finishReason: 'tool_calls', outcome: 'COMPLETED' },
    });
    expect(textOf(0)).toBe('Let me see.\n');
    expect(chunks.flatMap(({ opened }) => opened.tool_calls ?? [])).toEqual([called]);
    expect(chunks.at(-1)?.opened.tool_calls).toEqual([called]);
  });

  it.each([3, 10, 20])('gives the same calls when %i tokens were published before', async (count) => {
    const shown = text.slice(0, Math.floor((count * text.length) / 20)).split('<')[0] ?? '';
    const tokens = Int32Array.from({ length: count }, (_, token) => token);
    const published = {
      choices: [{ tokens, text: shown, finishReason: undefined }],
      firstAt: 0,
      barrenAttempts: 0,
    };
    const { result, chunks } = await run({ ...options, engine: engineOf(), published });
    expect(result).toMatchObject({ status: 'fulfilled', value: { finishReason: 'tool_calls' } });
    expect(chunks.flatMap(({ opened }) => opened.tool_calls ?? [])).toEqual([called]);
  });
});
