import { createCodec, type IntakeParameters, type IntakeRequested } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import type { IntakeMessage } from './intake-message.ts';
import { createIntakeReader, type IntakeAsked } from './read-intake.ts';

const codec = createCodec();
const read = createIntakeReader(codec);
const timeMs = Date.UTC(2026, 0, 1);

function messageOf(payload: unknown, headers: Readonly<Record<string, string>> = {}): IntakeMessage {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload));
  const place = { tenant: 'acme', queue: 'orders', transport: 'NATS', place: 'INTAKE/1', timeMs } as const;
  return { ...place, headers, payload: bytes };
}

function asked(payload: unknown, headers: Readonly<Record<string, string>> = {}): IntakeAsked {
  const { asked: found, error } = read(messageOf(payload, headers));
  if (found === undefined) throw error;
  return found;
}

const refusal = (payload: unknown, headers: Readonly<Record<string, string>> = {}) => {
  const { error, address } = read(messageOf(payload, headers));
  return {
    code: error?.code,
    param: error?.param,
    message: error?.message,
    correlationId: address.correlationId,
  };
};

const parameters: IntakeParameters = {
  max_tokens: 8,
  temperature: 0,
  top_k: null,
  top_p: null,
  min_p: null,
  repetition_penalty: null,
  presence_penalty: null,
  frequency_penalty: null,
  logit_bias: null,
  seed: 7,
  n: null,
  logprobs: null,
  top_logprobs: null,
  stop: ['END'],
  response_format: '{"type":"json_object"}',
  tools: null,
  tool_choice: null,
  labels: null,
  source_language: null,
  target_language: null,
  max_words: null,
};
const whole: IntakeRequested = {
  correlation_id: 'one',
  operation: 'generate',
  model: 'm',
  messages: [{ role: 'user', content: 'Hello' }],
  input: null,
  parameters,
  answer: 'chunks',
  priority: 'high',
  deadline_at: timeMs + 5_000,
  timeout_ms: null,
  idempotency_key: 'key',
  cache: 'never',
  metadata: { line: '4' },
};

describe('a request', () => {
  it('says the same in Avro and in JSON', () => {
    const {
      answer: _one,
      nameOf: _two,
      format: avro,
      ...fromAvro
    } = asked(codec.encode('intake.requested', whole));
    const { answer: _three, nameOf: _four, format: json, ...fromJson } = asked(whole);
    expect([avro, json]).toEqual(['avro', 'json']);
    expect(fromAvro).toEqual(fromJson);
    expect(fromAvro).toMatchObject({
      correlationId: 'one',
      form: 'chunks',
      idempotencyKey: 'key',
      deadlineAt: timeMs + 5_000,
      metadata: { line: '4' },
      generation: {
        operation: 'generate',
        model: 'm',
        priority: 'HIGH',
        seed: 7,
        parameters: { max_tokens: 8, temperature: 0 },
        content: { stop: ['END'], response_format: { type: 'json_object' } },
      },
    });
  });

  it('has the defaults of the API where it says nothing', () => {
    expect(asked({ input: 'Hello' })).toMatchObject({
      correlationId: null,
      form: 'whole',
      idempotencyKey: undefined,
      deadlineAt: undefined,
      generation: { priority: 'NORMAL', model: undefined, parameters: { max_tokens: 256 } },
    });
  });

  it('takes a list of texts for a task, and never gives labels in pieces', () => {
    const request = {
      operation: 'classify',
      input: ['a', 'b'],
      parameters: { labels: ['x', 'y'] },
      answer: 'chunks',
    };
    expect(asked(request)).toMatchObject({
      form: 'whole',
      generation: { operation: 'classify', content: { task: { texts: ['a', 'b'], labels: ['x', 'y'] } } },
    });
  });
});

describe('headers', () => {
  it('go before what the request says, whatever their case', () => {
    const headers = {
      'millrace-correlation-id': 'two',
      'MILLRACE-PRIORITY': 'low',
      'Millrace-Answer': 'whole',
      'Millrace-Answer-Format': 'avro',
      'idempotency-key': 'other',
    };
    expect(asked(whole, headers)).toMatchObject({
      correlationId: 'two',
      form: 'whole',
      format: 'avro',
      idempotencyKey: 'other',
      generation: { priority: 'LOW' },
    });
  });

  it.each([
    ['30s', timeMs + 30_000],
    ['1500', timeMs + 1_500],
    ['2026-01-01T00:00:10Z', timeMs + 10_000],
    ['2026-01-01T01:00:10+01:00', timeMs + 10_000],
  ])('say when it expires: %s', (text, expected) => {
    expect(asked(whole, { 'Millrace-Deadline': text }).deadlineAt).toBe(expected);
  });

  it('are refused where they are wrong, with what is allowed', () => {
    expect(refusal(whole, { 'Millrace-Priority': 'urgent' })).toMatchObject({
      code: 'invalid_value',
      param: 'Millrace-Priority',
      message: expect.stringMatching(/"urgent".*high.*normal.*low/u),
    });
    expect(refusal(whole, { 'Millrace-Deadline': 'soon' })).toMatchObject({ param: 'Millrace-Deadline' });
    expect(refusal(whole, { 'Millrace-Replay-Of': 'x' })).toMatchObject({ param: 'Millrace-Replay-Of' });
  });
});

describe('a deadline', () => {
  it('is the earlier one of moment and duration', () => {
    const moment = new Date(timeMs + 5_000).toISOString();
    expect(asked({ input: 'x', deadline_at: moment }).deadlineAt).toBe(timeMs + 5_000);
    expect(asked({ input: 'x', deadline_at: moment, timeout_ms: 1_000 }).deadlineAt).toBe(timeMs + 1_000);
  });
});

describe('what is no request', () => {
  it.each([
    ['an empty message', Buffer.alloc(0), 'invalid_json', undefined],
    ['a list', [], 'invalid_value', undefined],
    [
      'Avro that is cut off',
      codec.encode('intake.requested', whole).subarray(0, 40),
      'invalid_value',
      undefined,
    ],
    ['another event', codec.encode('key.revoked', { key_id: 'k', at: 0 }), 'invalid_value', undefined],
    ['an unknown operation', { operation: 'sing', input: 'x' }, 'invalid_value', 'operation'],
    ['a number for a text', { input: 1 }, 'invalid_value', 'input'],
    ['messages for a task', { operation: 'embed', messages: [] }, 'invalid_value', 'messages'],
    [
      'a role that is none',
      { messages: [{ role: 'king', content: 'x' }] },
      'invalid_value',
      'messages[0].role',
    ],
    [
      'a parameter out of range',
      { input: 'x', parameters: { temperature: 3 } },
      'invalid_value',
      'parameters.temperature',
    ],
    [
      'tools that are no JSON',
      { input: 'x', parameters: { tools: '{' } },
      'invalid_value',
      'parameters.tools',
    ],
    ['much metadata', { input: 'x', metadata: { long: 'x'.repeat(513) } }, 'invalid_value', 'metadata.long'],
    ['a moment that is none', { input: 'x', deadline_at: 'tomorrow' }, 'invalid_value', 'deadline_at'],
    [
      'nothing to do',
      { operation: 'translate', parameters: { target_language: 'French' } },
      'missing_value',
      'input',
    ],
  ])('is refused: %s', (_what, payload, code, param) => {
    expect(refusal(payload)).toMatchObject({ code, param });
  });

  it('has its correlation id all the same, where that can be read', () => {
    expect(refusal({ correlation_id: 'c', nonsense: 1 }).correlationId).toBe('c');
    expect(refusal(Buffer.from('{'), { 'Millrace-Correlation-Id': 'h' }).correlationId).toBe('h');
    expect(refusal({ correlation_id: 'x'.repeat(300) }).correlationId).toBeNull();
  });

  it('is not quoted where it may be content', () => {
    const secret = 'the secret of the mill';
    for (const payload of [
      { input: [secret] },
      { input: { secret } },
      { messages: secret },
      { input: 'x', metadata: [secret] },
    ])
      expect(refusal(payload).message).not.toContain(secret);
  });
});
