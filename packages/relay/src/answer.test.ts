import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Finished, ResultChunk } from '@millrace/contracts';
import { noUsage, resultRecord, type MaskedContent } from '@millrace/stage';
import { createAnswer } from './answer.ts';
import { completed } from './finished.fixture.ts';
import type { RelayEvent } from './relay-event.ts';

const opener = {
  chunk: (sealed: Uint8Array) =>
    JSON.parse(Buffer.from(sealed).toString()) as { text: string; tokens: number[] },
  masked: (sealed: Uint8Array) => JSON.parse(Buffer.from(sealed).toString()) as MaskedContent,
};

function record(kind: ResultChunk['kind'], changes: Partial<ResultChunk> = {}): ResultChunk {
  const request = { request_id: 'request', tenant: 'tenant' };
  return resultRecord(request, { kind, at: 0, attempt: 1, ...changes });
}

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));

function chunks(texts: readonly string[]): ResultChunk[] {
  return texts.map((text, index) =>
    record('CHUNK', { first_position: index, token_count: 1, content: json({ text, tokens: [1] }) }),
  );
}

function finished(changes: Partial<Finished> = {}): ResultChunk {
  return record('FINISHED', { finished: { ...completed, ...changes } });
}

function run(records: readonly ResultChunk[]): RelayEvent[] {
  const answer = createAnswer(opener);
  return records.flatMap((item) => answer.accept(item));
}

test('pieces without text get no number', () => {
  const events = run([record('OPENED'), record('ATTEMPT'), ...chunks(['a ', '', 'b ']), finished()]);
  expect(events.map((event) => [event.type, event.seq])).toEqual([
    ['chunk', 1],
    ['chunk', 2],
    ['completed', 2],
  ]);
});

test('a placeholder that is split across chunks is restored, whatever the cut', () => {
  const text = 'Write to <EMAIL_1> or <EMAIL_12>, not <EMAIL>.';
  const mapping = record('MASKED', {
    content: json({ mapping: { EMAIL_1: 'ada@example.org', EMAIL_12: 'bob@example.org' } }),
  });
  for (let first = 0; first <= text.length; first += 1) {
    for (let second = first; second <= text.length; second += 3) {
      const parts = [text.slice(0, first), text.slice(first, second), text.slice(second)];
      const events = run([mapping, record('ATTEMPT'), ...chunks(parts), finished()]);
      const joined = events.map((event) => (event.type === 'chunk' ? event.text : '')).join('');
      expect(joined).toBe('Write to ada@example.org or bob@example.org, not <EMAIL>.');
      expect(events.filter((event) => event.type === 'chunk').map((event) => event.seq)).toEqual(
        Array.from({ length: events.length - 1 }, (_, index) => index + 1),
      );
    }
  }
});

test('whatever the cut, no more is held back than a word', () => {
  const placeholder = '<EMAIL_1>';
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('<', '<EMA', '<EMAIL_1>', '<EMAIL_', 'IL>', '<<', 'word ', '>'), {
        maxLength: 20,
      }),
      (parts) => {
        const answer = createAnswer(opener);
        answer.accept(record('MASKED', { content: json({ mapping: { EMAIL_1: placeholder } }) }));
        answer.accept(record('ATTEMPT'));
        let sent = '';
        let said = '';
        for (const [index, chunk] of chunks(parts).entries()) {
          for (const event of answer.accept(chunk)) if (event.type === 'chunk') sent += event.text;
          said += parts[index] ?? '';
          expect(said.startsWith(sent)).toBe(true);
          expect(sent).toContain(said.slice(0, said.lastIndexOf(' ') + 1));
        }
        for (const event of answer.accept(finished())) if (event.type === 'chunk') sent += event.text;
        expect(sent).toBe(said);
      },
    ),
  );
});

test('what was held back comes before the end, with a number of its own', () => {
  const mapping = record('MASKED', { content: json({ mapping: { EMAIL_1: 'ada@example.org' } }) });
  expect(run([mapping, record('ATTEMPT'), ...chunks(['see <EMA']), finished()])).toMatchObject([
    { type: 'chunk', seq: 1, text: 'see ' },
    { type: 'chunk', seq: 2, text: '<EMA' },
    { type: 'completed', seq: 2 },
  ]);
});

test('a cancelled request is completed with what there was', () => {
  const events = run([
    record('ATTEMPT'),
    ...chunks(['half']),
    finished({ outcome: 'CANCELLED', finish_reason: null }),
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'completed', finishReason: 'cancelled', seq: 1 });
});

test('a failure is told as the stage said it', () => {
  const failure = {
    code: 'rate_limit_exceeded',
    message: 'Slow down.',
    param: null,
    retryable: true,
    retry_after_ms: 700,
  };
  expect(run([finished({ outcome: 'REJECTED', finish_reason: null, failure })])).toMatchObject([
    {
      type: 'failed',
      seq: 0,
      error: { code: 'rate_limit_exceeded', message: 'Slow down.', retryAfterMs: 700 },
    },
  ]);
});

test('an answer that is started over and ends before what was sent fails', () => {
  const again = chunks(['one ']).map((chunk) => ({ ...chunk, attempt: 2 }));
  const events = run([
    record('ATTEMPT'),
    ...chunks(['one ', 'two ']),
    record('ATTEMPT', { attempt: 2 }),
    ...again,
    finished(),
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'failed', error: { code: 'engine_failed' }, seq: 2 });
});

test.each([
  ['a pattern that is none', { patterns: [{ type: 'X', pattern: '(' }] }],
  ['actions that are none', { actions: { EMAIL_ADDRESS: undefined } }],
])('an answer that cannot be looked through ends there, and shows nothing: %s', (_what, changes) => {
  const policy = { actions: {}, outputActions: {}, patterns: [], allow: null, restore: true, ...changes };
  const masked = record('MASKED', { content: json({ mapping: {}, policy, hash_key: '' }) });
  const answer = createAnswer(opener);
  const events = [masked, record('ATTEMPT'), ...chunks(['ann@corp.', 'example, or ']), finished()].flatMap(
    (each) => answer.accept(each),
  );
  expect(events).toEqual([
    expect.objectContaining({
      type: 'failed',
      seq: 0,
      outcome: 'FAILED',
      error: expect.objectContaining({ code: 'pii_unavailable' }) as unknown,
    }),
  ]);
  expect([answer.ended, answer.stopped]).toEqual([true, true]);
});

test('nothing comes after the end', () => {
  const differs = chunks(['other']).map((chunk) => ({ ...chunk, attempt: 2 }));
  const events = run([
    record('ATTEMPT'),
    ...chunks(['one ']),
    record('ATTEMPT', { attempt: 2 }),
    ...differs,
    finished(),
  ]);
  expect(events.map((event) => event.type)).toEqual(['chunk', 'failed']);
});

test('an answer that is blocked at its very end says what it has used, and has no number for what was not shown', () => {
  const policy = {
    actions: { EMAIL_ADDRESS: 'block' },
    outputActions: {},
    patterns: [],
    allow: [],
    restore: true,
  };
  const masked = record('MASKED', { content: json({ mapping: {}, policy, hash_key: '' }) });
  const [first, second] = chunks(['so', 'ann@corp.example']);
  const events = run([
    masked,
    record('ATTEMPT'),
    first as ResultChunk,
    { ...(second as ResultChunk), choice: 1, first_position: 0 },
    finished(),
  ]);
  expect(events).toEqual([
    expect.objectContaining({ type: 'failed', seq: 0, outcome: 'BLOCKED', usage: noUsage(0) }),
  ]);
});
