import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Opened, ResultChunk } from '@millrace/contracts';
import { resultRecord, type ChunkContent, type MaskedContent } from '@millrace/stage';
import { createAnswer } from './answer.ts';
import { completed } from './finished.fixture.ts';
import type { RelayEvent } from './relay-event.ts';

const open = (sealed: Uint8Array): unknown => JSON.parse(Buffer.from(sealed).toString());
const opener = {
  chunk: (sealed: Uint8Array) => open(sealed) as ChunkContent,
  masked: (sealed: Uint8Array) => open(sealed) as MaskedContent,
};
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const request = { request_id: 'request', tenant: 'tenant' };

function record(kind: ResultChunk['kind'], changes: Partial<ResultChunk> = {}): ResultChunk {
  return resultRecord(request, { kind, at: 0, attempt: 1, ...changes });
}

function opened(choices: number): ResultChunk {
  const principal = { key_id: 'key', roles: [], organisation: 'default', user_id: null };
  const times = { received_at: 0, deadline_at: 1 };
  const content: Opened = { principal, transport: 'HTTP', model: 'm', ...times, choices };
  return record('OPENED', { opened: content, attempt: 0 });
}

function finished(reasons: readonly string[]): ResultChunk {
  return record('FINISHED', { finished: { ...completed, finish_reasons: reasons } });
}

/** Makes the chunks of an attempt, each behind the ones before of its choice. */
function writer(attempt = 1, from: readonly number[] = []) {
  const positions = new Map(from.entries());
  return (choice: number, text: string, more: Partial<ChunkContent> = {}): ResultChunk => {
    const position = positions.get(choice) ?? 0;
    const tokens = more.tokens ?? [1];
    positions.set(choice, position + tokens.length);
    return record('CHUNK', {
      attempt,
      choice,
      first_position: position,
      token_count: tokens.length,
      content: json({ text, ...more, tokens }),
    });
  };
}

function run(records: readonly ResultChunk[]): RelayEvent[] {
  const answer = createAnswer(opener);
  return records.flatMap((item) => answer.accept(item));
}

const chunksOf = (events: readonly RelayEvent[]) => events.filter((event) => event.type === 'chunk');
const textOf = (events: readonly RelayEvent[], choice: number): string =>
  chunksOf(events)
    .filter((event) => event.choice === choice)
    .map(({ text }) => text)
    .join('');

test('chunks of several choices share one numbering, and the end says how each ended', () => {
  const chunk = writer();
  const events = run([
    opened(2),
    chunk(1, 'b '),
    chunk(0, 'a '),
    chunk(1, 'c '),
    finished(['stop', 'length']),
  ]);
  expect(events).toMatchObject([
    { type: 'chunk', seq: 1, choice: 1, text: 'b ' },
    { type: 'chunk', seq: 2, choice: 0, text: 'a ' },
    { type: 'chunk', seq: 3, choice: 1, text: 'c ' },
    { type: 'completed', seq: 3, finishReason: 'stop', finishReasons: ['stop', 'length'] },
  ]);
});

test('an answer of one choice names none', () => {
  const events = run([opened(1), writer()(0, 'a'), finished([])]);
  expect(events).toMatchObject([{ choice: undefined, logprobs: undefined }, { finishReasons: undefined }]);
});

test('a placeholder that is cut by chunks of other choices is restored in its own choice', () => {
  const text = 'Write to <EMAIL_1>, not <EMAIL_ADDRESS>.';
  const masked = record('MASKED', {
    attempt: 0,
    content: json({ mapping: { EMAIL_1: 'ada@example.org' } }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 5 })), { minLength: 120, maxLength: 120 }),
      (cuts) => {
        const chunk = writer();
        const at = [0, 0, 0];
        const pieces = cuts.map(([choice, length]) => {
          const start = at[choice] ?? 0;
          at[choice] = start + length;
          return chunk(choice, text.slice(start, start + length));
        });
        const rest = at.map((start, choice) => chunk(choice, text.slice(start)));
        const events = run([opened(3), masked, ...pieces, ...rest, finished(['stop', 'stop', 'stop'])]);
        for (const choice of [0, 1, 2])
          expect(textOf(events, choice)).toBe('Write to ada@example.org, not <EMAIL_ADDRESS>.');
        expect(chunksOf(events).map(({ seq }) => seq)).toEqual(chunksOf(events).map((_, index) => index + 1));
      },
    ),
  );
});

test('what is held back of a choice comes when the choice ends, before the others do', () => {
  const masked = record('MASKED', {
    attempt: 0,
    content: json({ mapping: { EMAIL_1: 'ada@example.org' } }),
  });
  const chunk = writer();
  const events = run([
    opened(2),
    masked,
    chunk(0, '<EMA'),
    chunk(0, '', { tokens: [], finish_reason: 'length' }),
    chunk(1, 'b'),
    finished(['length', 'stop']),
  ]);
  expect(chunksOf(events)).toMatchObject([
    { seq: 1, choice: 0, text: '<EMA' },
    { seq: 2, choice: 1, text: 'b' },
  ]);
});

test('one choice goes on in a second attempt while another starts over', () => {
  const chunk = writer();
  const again = writer(2, [1, 0]);
  const events = run([
    opened(2),
    chunk(0, 'one '),
    chunk(1, 'uno '),
    record('ATTEMPT', { attempt: 2, choice: 0, first_position: 1 }),
    record('ATTEMPT', { attempt: 2, choice: 1, first_position: 0 }),
    again(0, 'two'),
    again(1, 'uno dos', { tokens: [1, 2] }),
    finished(['stop', 'stop']),
  ]);
  expect([textOf(events, 0), textOf(events, 1)]).toEqual(['one two', 'uno dos']);
  expect(events.at(-1)).toMatchObject({ type: 'completed' });
});

test('an answer of which one choice ends before what was sent fails', () => {
  const chunk = writer();
  const events = run([
    opened(2),
    chunk(0, 'one '),
    chunk(1, 'uno '),
    record('ATTEMPT', { attempt: 2, choice: 1, first_position: 0 }),
    finished(['stop', 'stop']),
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'failed', error: { code: 'engine_failed' } });
});

const report = (token: string) => ({ token, bytes: [...Buffer.from(token)], logprob: -1, top_logprobs: [] });

test('log-probabilities come once their text is settled, and without theirs where it was replaced', () => {
  const masked = record('MASKED', {
    attempt: 0,
    content: json({ mapping: { EMAIL_1: 'ada@example.org' } }),
  });
  const chunk = writer();
  const events = run([
    opened(1),
    masked,
    chunk(0, '<EMA', { logprobs: [report('<EMA')] }),
    chunk(0, 'IL_1>', { logprobs: [report('IL_1>')] }),
    chunk(0, ' or bob', { logprobs: [report(' or bob')] }),
    chunk(0, '@example.org', { logprobs: [report('@example.org')] }),
    chunk(0, ' now', { logprobs: [report(' now')] }),
    finished([]),
  ]);
  const withoutText = report('');
  expect(chunksOf(events)).toMatchObject([
    { seq: 1, text: 'ada@example.org or ', logprobs: [report('<EMA'), report('IL_1>')] },
    { seq: 2, text: '<EMAIL_2> ', logprobs: [withoutText, withoutText] },
    { seq: 3, text: 'now', logprobs: [report(' now')] },
  ]);
});

test('a token that is generated again is not reported again', () => {
  const chunk = writer();
  const again = writer(2);
  const events = run([
    opened(1),
    chunk(0, 'a ', { logprobs: [report('a ')] }),
    record('ATTEMPT', { attempt: 2 }),
    again(0, 'a b ', { tokens: [1, 2], logprobs: [report('a '), report('b ')] }),
    finished([]),
  ]);
  expect(chunksOf(events).map(({ logprobs }) => logprobs?.map(({ token }) => token))).toEqual([
    ['a '],
    ['b '],
  ]);
});
