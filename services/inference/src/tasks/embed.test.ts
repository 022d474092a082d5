import { describe, expect, it } from 'vitest';
import { MillraceError } from '@millrace/runtime';
import { runAnswer, type RunOptions } from '../answer.fixture.ts';
import type { Embedder } from '../embedding/embedder.ts';
import { nothingPublished, type Published } from '../published.ts';
import { embedTexts, planEmbedding } from './embed.ts';

const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);

/** An embedder whose vectors are the length of a text, and which is asked for these batches. */
function lengthEmbedder(asked: string[][]): Embedder {
  return {
    dimensions: 1,
    maxTokens: 7,
    async embed(batch, signal) {
      if (signal.aborted) throw new MillraceError('cancelled', 'The embedding was cancelled.');
      asked.push([...batch]);
      return {
        vectors: batch.map((text) => Float32Array.of(text.length / 8)),
        tokens: batch.map((text) => text.length),
        truncated: batch.map((text) => text.length > 7),
      };
    },
    async countTokens(all) {
      const empty = all.indexOf('');
      if (empty !== -1)
        throw new MillraceError('missing_value', 'A text that is empty cannot be embedded.', {
          param: `[${empty}]`,
        });
      return all.map((text) => Math.min(7, text.length));
    },
    close: async () => undefined,
  };
}

async function embed(
  published: Published = nothingPublished(texts.length),
  onAppend?: RunOptions['onAppend'],
) {
  const asked: string[][] = [];
  const outcome = await runAnswer({
    published,
    onAppend,
    work: async (signal) => {
      const content = { messages: [], stop: [], task: { texts } };
      const plan = await planEmbedding(lengthEmbedder(asked), content, signal, () => undefined);
      return (request, writer) => embedTexts(plan, request, writer);
    },
  });
  return { ...outcome, asked };
}

describe('embedTexts', () => {
  it('gives a vector for each text, says which were cut, and charges what was read', async () => {
    const { result, textOf, asked } = await embed();
    expect(textOf(3)).toBe('{"embedding":[0.75]}');
    expect(textOf(30)).toBe('{"embedding":[0.875]}');
    expect(asked.map(({ length }) => length)).toEqual([16, 16, 8]);
    expect(result).toMatchObject({
      value: {
        outcome: 'COMPLETED',
        usage: { input_tokens: 10 * 6 + 30 * 7, output_tokens: 0 },
      },
    });
  });

  it('goes on with the texts whose vectors are not published', async () => {
    const published = nothingPublished(texts.length);
    const done = { tokens: new Int32Array(), text: '{"embedding":[0.75]}', finishReason: 'stop' };
    const choices = published.choices.map((choice, index) => (index < 30 ? done : choice));
    const { result, chunks, asked } = await embed({ ...published, choices });
    expect(asked).toEqual([texts.slice(30)]);
    expect(chunks.map(({ choice }) => choice)).toEqual(texts.slice(30).map((_, index) => 30 + index));
    expect(result).toMatchObject({ value: { usage: { input_tokens: 10 * 6 + 30 * 7 } } });
  });

  it('stops between two batches when the request is cancelled, and charges what is published', async () => {
    const cancellation = { tenant: 'acme', request_id: 'r1', reason: 'client', at: 0 } as const;
    const { result, chunks, asked } = await embed(undefined, (_record, interrupt) =>
      interrupt({ kind: 'cancelled', cancellation }),
    );
    expect(asked).toHaveLength(1);
    expect(chunks).toHaveLength(16);
    expect(result).toMatchObject({
      value: { outcome: 'CANCELLED', usage: { input_tokens: 10 * 6 + 6 * 7 } },
    });
  });
});

describe('planEmbedding', () => {
  it.each([
    [['x', ''], 'text[1]'],
    [[''], 'text'],
  ])('refuses %j and names the text', async (all, param) => {
    const content = { messages: [], stop: [], task: { texts: all } };
    const plan = planEmbedding(lengthEmbedder([]), content, new AbortController().signal, () => undefined);
    await expect(plan).rejects.toMatchObject({ code: 'missing_value', param });
  });
});
