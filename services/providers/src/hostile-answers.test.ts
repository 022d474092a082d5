import type { ChunkWriter } from '@millrace/stage';
import { describe, expect, it } from 'vitest';
import { ProviderAnswer } from './answer.ts';
import { answerLimits } from './answer-limits.ts';
import { embeddingCall } from './embedding-call.ts';
import { parseStream } from './parse-stream.ts';
import { doneEvent, eventOf, piece } from './scripted-upstream.fixture.ts';

const limits = { inputTokens: 100, outputTokens: 50, characters: 2_000_000 };

async function* bytesOf(...texts: readonly string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const text of texts) yield Buffer.from(text);
}

type Written = Parameters<ChunkWriter['push']>[1] & { readonly choice: number };

/** An answer that has read these events, and what it has written of them. */
async function answerOf(events: readonly string[], { choices = 1 } = {}) {
  const answer = new ProviderAnswer(choices, limits);
  const written: Written[] = [];
  let waiting = 0;
  let mostWaiting = 0;
  const writer: ChunkWriter = {
    async push(choice, part) {
      written.push({ choice, ...part });
      waiting += JSON.stringify(part).length;
      mostWaiting = Math.max(mostWaiting, waiting);
    },
    async flush() {
      waiting = 0;
    },
    position: 0,
    firstStoredAt: undefined,
  };
  await answer.passOn(parseStream(bytesOf(...events)), writer);
  return { answer, written, mostWaiting };
}

const ended = [piece('', 'stop'), doneEvent];
const choice = (fields: object) => eventOf({ choices: [fields] });
const bit = (index: number) => choice({ delta: { tool_calls: [{ index, function: { arguments: 'x' } }] } });
const usage = (fields: object) => eventOf({ choices: [], usage: fields });

describe('an answer of a hostile provider', () => {
  it.each([
    ['choices that are no list', eventOf({ choices: 7 })],
    ['choices that are no objects', eventOf({ choices: [null, 'x'] })],
    ['a delta that is a list', choice({ delta: [] })],
    ['content that is no text', choice({ delta: { content: { a: 1 } } })],
    ['content that is a number', choice({ delta: { content: 7 } })],
    ['an index that names a method', choice({ index: 'map', delta: { content: 'x' } })],
    ['an index that is a text', choice({ index: '0', delta: { content: 'x' } })],
    ['an index below zero', choice({ index: -1, delta: { content: 'x' } })],
    ['an index that is a fraction', choice({ index: 0.5, delta: { content: 'x' } })],
    ['a choice too many', choice({ index: 1, delta: { content: 'x' } })],
    ['calls that are no list', choice({ delta: { tool_calls: 'x' } })],
    ['arguments that are no text', choice({ delta: { tool_calls: [{ function: { arguments: {} } }] } })],
    ['a call of a high index', choice({ delta: { tool_calls: [{ index: 1e6, function: {} }] } })],
    ['a reason that is no text', choice({ finish_reason: {} })],
    ['log-probabilities that are no list', choice({ logprobs: { content: { length: 1e9 } } })],
    [
      'a log-probability that is no number',
      choice({ logprobs: { content: [{ token: 'a', logprob: 'x' }] } }),
    ],
    ['bytes that are none', choice({ logprobs: { content: [{ token: 'a', logprob: -1, bytes: [999] }] } })],
    ['a text', eventOf('"x"')],
    ['more than was asked for', choice({ delta: { content: 'x'.repeat(2_000_001) } })],
  ])('fails for %s, and says nothing of it', async (_what, event) => {
    await expect(answerOf([event, ...ended])).rejects.toMatchObject({ code: 'provider_failed' });
  });

  it('has a reason of ours, whatever it is called', async () => {
    for (const reason of ['constructor', '__proto__', 'toString', '']) {
      const { answer } = await answerOf([piece('a', reason), doneEvent]);
      expect(answer.collected.finishReasons).toEqual(['stop']);
    }
  });

  it.each([
    ['below zero', { prompt_tokens: -5, completion_tokens: 3 }],
    ['a fraction', { prompt_tokens: 1.5, completion_tokens: 3 }],
    ['no number', { prompt_tokens: '7', completion_tokens: 3 }],
    ['beyond what is exact', { prompt_tokens: 1e300, completion_tokens: 3 }],
    ['cached below zero', { prompt_tokens: 5, prompt_tokens_details: { cached_tokens: -9 } }],
  ])('with a usage that is %s is estimated', async (_what, fields) => {
    const { answer } = await answerOf([piece('12345678'), usage(fields), ...ended]);
    expect(answer.usageOf({ characters_in: 40 })).toEqual({
      input_tokens: 10,
      cached_input_tokens: 0,
      output_tokens: 2,
      characters_in: 40,
      characters_out: 8,
      source: 'ESTIMATE',
    });
  });

  it('is charged for no more than it can have used', async () => {
    const reported = {
      prompt_tokens: 1e12,
      completion_tokens: 1e12,
      prompt_tokens_details: { cached_tokens: 2e12 },
    };
    const { answer } = await answerOf([piece('a'), usage(reported), ...ended]);
    expect(answer.usageOf({ characters_in: 40 })).toMatchObject({
      input_tokens: 100,
      cached_input_tokens: 100,
      output_tokens: 50,
    });
  });

  it('of calls alone, without usage, is charged by an estimate', async () => {
    const call = { index: 0, id: 'c', function: { name: 'send', arguments: '{"a":1}' } };
    const { answer } = await answerOf([choice({ delta: { tool_calls: [call] } }), ...ended]);
    expect(answer.hasBegun).toBe(true);
    expect(answer.usageOf({ characters_in: 40 })).toMatchObject({ output_tokens: 3, source: 'ESTIMATE' });
  });

  it('of many small pieces of calls takes no more memory than its calls', async () => {
    const bits = Array.from({ length: 1_000 }, (_, number) => bit(number % 2));
    const { written } = await answerOf([...bits, ...ended]);
    expect(written.at(-1)?.toolCalls).toMatchObject([
      { function: { arguments: 'x'.repeat(500) } },
      { function: { arguments: 'x'.repeat(500) } },
    ]);
  });

  it('of one long piece is stored in records that fit, and cut between characters', async () => {
    const text = `x${'😀'.repeat(500_000)}`;
    const { written, mostWaiting } = await answerOf([piece(text), ...ended]);
    expect(written.map((part) => part.text).join('')).toBe(text);
    expect(written.every((part) => part.text.isWellFormed())).toBe(true);
    expect(mostWaiting).toBeLessThan(512 * 1024);
  });
});

describe('vectors of a hostile provider', () => {
  const content = { messages: [], stop: [], task: { texts: ['a'] } };
  const read = async (body: string) => {
    const events = [];
    for await (const event of embeddingCall(content, 'm').read(bytesOf(body))) events.push(event);
    return events;
  };

  it.each([
    ['null', 'null'],
    ['an index that is a text', JSON.stringify({ data: [{ index: '0', embedding: [1] }] })],
    ['an index that is a fraction', JSON.stringify({ data: [{ index: 0.5, embedding: [1] }] })],
    ['no objects', JSON.stringify({ data: [null] })],
    ['too many numbers', JSON.stringify({ data: [{ embedding: Array.from({ length: 20_000 }, () => 1) }] })],
    ['too many bytes', `{"data":[{"embedding":[${'1,'.repeat(400_000)}1]}]}`],
  ])('are an error: %s', async (_what, body) => {
    await expect(read(body)).rejects.toMatchObject({ code: 'provider_failed' });
  });

  it('with a usage below zero have none', async () => {
    const body = JSON.stringify({ data: [{ embedding: [1] }], usage: { prompt_tokens: -7 } });
    expect((await read(body)).map(({ kind }) => kind)).toEqual(['delta']);
  });
});

it('the limits of an answer follow from what was asked', () => {
  const parameters = { max_tokens: 100, n: 2 } as Parameters<typeof answerLimits>[0]['parameters'];
  const event = { operation: 'generate', parameters, input_tokens_most: 7 };
  const content = { messages: [{ role: 'user', content: 'Hi' }], stop: [] } as const;
  expect(answerLimits(event, content)).toEqual({
    inputTokens: JSON.stringify(content).length,
    outputTokens: 200,
    characters: 51_200,
  });
});
