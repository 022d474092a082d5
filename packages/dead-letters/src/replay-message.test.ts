import { createCodec, readSchemaFiles, type DeadLetter, type IntakeRequested } from '@millrace/contracts';
import {
  bodyOfSingleObject,
  createWireTranslator,
  writeWireFormat,
  type SchemaRegistry,
} from '@millrace/kafka';
import { MillraceError, uuidv7Of } from '@millrace/runtime';
import { describe, expect, it } from 'vitest';
import { replayMessage } from './replay-message.ts';

const codec = createCodec();
const { signal } = new AbortController();
const sentAt = Date.parse('2026-01-01T00:00:00Z');
const requestId = uuidv7Of(sentAt, new Uint8Array(10));
const ours = readSchemaFiles().findLast(({ name }) => name === 'intake.requested')?.schema ?? 'null';
const request: IntakeRequested = {
  correlation_id: 'order-7',
  operation: 'generate',
  model: null,
  messages: null,
  input: 'Hello',
  parameters: null,
  answer: 'whole',
  priority: null,
  deadline_at: null,
  timeout_ms: null,
  idempotency_key: null,
  cache: null,
  metadata: {},
};

/** What was put aside a day after it was sent. */
function letterOf(more: Partial<DeadLetter> = {}): DeadLetter {
  return {
    stage: 'ingress',
    tenant: 'acme',
    request_id: requestId,
    stream: 'INTAKE',
    subject: 'mr.intake.acme.orders',
    sequence: 17,
    delivery_count: 1,
    code: 'permission_denied',
    reason: 'There is no tenant acme.',
    at: sentAt + 86_400_000,
    payload: new Uint8Array(),
    headers: {},
    masked: null,
    ...more,
  };
}

const replay = (
  payload: Uint8Array | string,
  letter: Partial<DeadLetter> = {},
  registry?: Pick<SchemaRegistry, 'schemaOf'>,
) =>
  replayMessage(
    {
      codec,
      translate:
        registry === undefined ? undefined : createWireTranslator(codec, registry, 'intake.requested'),
    },
    { letter: letterOf(letter), payload: Buffer.from(payload) },
    'replay-1',
    signal,
  );
const deadlineOf = async (body: object, headers: Readonly<Record<string, string>> = {}) =>
  (await replay(JSON.stringify(body), { headers })).headers?.['Millrace-Deadline'];

describe('a record of a topic in the wire format', () => {
  const kafka = {
    stream: 'KAFKA/acme.requests/3',
    headers: {
      'Millrace-Transport': 'KAFKA',
      'Millrace-Place': 'c/acme.requests/3/17',
      'Millrace-Place-Time': String(sentAt),
      'Millrace-Source-Topic': 'acme.requests',
      'Millrace-Answer-Format': 'avro',
      'content-type': 'application/octet-stream',
    },
  };
  const record = writeWireFormat({
    schemaId: 5,
    body: bodyOfSingleObject(codec.encode('intake.requested', request)),
  });

  it('is read as ingress would have read it, and keeps where it came from', async () => {
    const { subject, payload, headers, messageId } = await replay(record, kafka, {
      schemaOf: async () => ours,
    });
    expect(codec.decode('intake.requested', payload)).toMatchObject({
      correlation_id: 'order-7',
      input: 'Hello',
    });
    expect(subject).toBe('mr.intake.acme.orders');
    expect(messageId).toBe('replay-1');
    expect(headers).toEqual({
      'Idempotency-Key': 'replay-1',
      'Millrace-Source-Topic': 'acme.requests',
      'Millrace-Answer-Format': 'avro',
      'Content-Type': 'application/vnd.millrace.avro',
      'Millrace-Replay-Of': requestId,
    });
  });

  it.each<[string, Pick<SchemaRegistry, 'schemaOf'> | undefined, Uint8Array, object]>([
    [
      'no registry is configured',
      undefined,
      record,
      { code: 'unsupported_value', message: expect.stringContaining('MILLRACE_SCHEMA_REGISTRY_URL') },
    ],
    [
      'its schema is gone',
      { schemaOf: () => Promise.reject(new MillraceError('schema_unknown', 'gone')) },
      record,
      { code: 'schema_unknown', retryable: false },
    ],
    [
      'the registry is away',
      { schemaOf: () => Promise.reject(new MillraceError('unavailable', 'away')) },
      record,
      { code: 'unavailable', retryable: true },
    ],
    ['its schema is another one', { schemaOf: async () => 'string' }, record, { code: 'schema_unknown' }],
    [
      'its body is cut',
      { schemaOf: async () => ours },
      record.subarray(0, record.length - 2),
      { code: 'message_corrupt' },
    ],
  ])('is not put back where %s', async (_why, registry, payload, error) => {
    await expect(replay(payload, kafka, registry)).rejects.toMatchObject(error);
  });
});

it.each([
  ['no JSON', 'no {', 'invalid_json'],
  ['no text', Buffer.from([0xff, 0xfe]), 'invalid_json'],
  ['Avro of an unknown schema', Buffer.from('c301000102030405060708', 'hex'), 'schema_unknown'],
])('%s is not put back: its sender would be told once more', async (_what, payload, code) => {
  await expect(replay(payload)).rejects.toMatchObject({ code });
});

it('one that names no request is no replay of one', async () => {
  const { headers } = await replay('{"input":"Hello"}', { request_id: null });
  expect(headers).toEqual({ 'Idempotency-Key': 'replay-1' });
});

it('one has as much time as it had, from now on', async () => {
  const inAMinute = new Date(sentAt + 60_000).toISOString();
  expect(await deadlineOf({ input: 'x' })).toBeUndefined();
  expect(await deadlineOf({ input: 'x' }, { 'millrace-deadline': '30s' })).toBeUndefined();
  expect(await deadlineOf({ deadline_at: sentAt + 5_000 }, { 'Millrace-Deadline': inAMinute })).toBe(
    '60000ms',
  );
  expect(await deadlineOf({ deadline_at: inAMinute })).toBe('60000ms');
  expect(await deadlineOf({ deadline_at: sentAt + 5_000 })).toBe('5000ms');
  expect(await deadlineOf({ deadline_at: inAMinute, timeout_ms: 2_000 })).toBe('2000ms');
  // It had none left: it expires, and its sender is told.
  expect(await deadlineOf({ deadline_at: sentAt - 1 })).toBe('1ms');
  const { headers } = await replay('{}', { headers: { 'millrace-deadline': inAMinute } });
  expect(headers).not.toHaveProperty('millrace-deadline');
  const avro = await replay(codec.encode('intake.requested', { ...request, deadline_at: sentAt + 7_000 }));
  expect(avro.headers?.['Millrace-Deadline']).toBe('7000ms');
});
