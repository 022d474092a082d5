import { describe, expect, it } from 'vitest';
import { createCodec } from '@millrace/contracts';
import { topicsOf, type RequestTopic } from '@millrace/kafka';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import { createTranscoder } from './transcode-record.ts';

const transcoder = createTranscoder(createCodec(), undefined);
const place = { cluster: 'c1', topic: 'acme.requests', partition: 3 };
const { signal } = new AbortController();

function topic(more: object = {}): RequestTopic {
  const entry = { pattern: 'acme.*', tenant: 'acme', queue: 'work', format: 'json', ...more } as const;
  const found = topicsOf([entry], 'topics.json').requestTopic('acme.requests');
  if (found === undefined) throw new Error('no topic');
  return found;
}

function record(
  value: object | string | null,
  key: string | null = null,
  headers: IHeaders = {},
): KafkaMessage {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(text),
    headers,
    offset: '17',
    timestamp: '1700000000000',
    attributes: 0,
  };
}

describe('a record becomes a message of INTAKE', () => {
  it('whose id and headers say where it was', async () => {
    const message = await transcoder.message(topic(), place, record({ input: 'x' }, 'k'), signal);
    expect(message).toEqual({
      subject: 'mr.intake.acme.work',
      payload: Buffer.from('{"input":"x"}'),
      messageId: 'c1/acme.requests/3/17@1700000000000',
      headers: {
        'Content-Type': 'application/json',
        'Millrace-Transport': 'KAFKA',
        'Millrace-Place': 'c1/acme.requests/3/17',
        'Millrace-Place-Time': '1700000000000',
        'Millrace-Answer-Format': 'json',
        'Millrace-Correlation-Id': 'k',
        'Millrace-Source-Topic': 'acme.requests',
        'Millrace-Source-Partition': '3',
        'Millrace-Source-Offset': '17',
        'Millrace-Source-Key': 'aw==',
      },
    });
  });

  it.each<[string, object, IHeaders, string | null, Readonly<Record<string, string | undefined>>]>([
    [
      'the header before the key',
      {},
      { 'MILLRACE-CORRELATION-ID': 'h' },
      'k',
      { 'Millrace-Correlation-Id': 'h' },
    ],
    ['the body before the key', { correlation_id: 'b' }, {}, 'k', { 'Millrace-Correlation-Id': undefined }],
    ['no key that is not text', {}, {}, 'a\nb', { 'Millrace-Correlation-Id': undefined }],
    [
      'the last of several headers',
      {},
      { 'Millrace-Priority': ['low', 'high'] },
      null,
      {
        'Millrace-Priority': 'high',
      },
    ],
    ['the priority of the topic', {}, {}, null, { 'Millrace-Priority': 'low' }],
    ['its own priority', { priority: 'high' }, {}, null, { 'Millrace-Priority': undefined }],
    ['the deadline of the topic', {}, {}, null, { 'Millrace-Deadline': '2023-11-14T22:23:20.000Z' }],
    ['its own deadline', { timeout_ms: 5 }, {}, null, { 'Millrace-Deadline': undefined }],
    ['pieces where the topic has one for them', {}, {}, null, { 'Millrace-Answer': 'chunks' }],
    [
      'a whole answer where it asks for it',
      {},
      { 'Millrace-Answer': 'whole' },
      null,
      {
        'Millrace-Answer': 'whole',
      },
    ],
    [
      'nothing that is for the platform to say',
      {},
      { 'Millrace-Place': 'x', other: 'y' },
      null,
      {
        'Millrace-Place': 'c1/acme.requests/3/17',
        other: undefined,
      },
    ],
  ])('with %s', async (_what, body, headers, key, expected) => {
    const asked = topic({ priority: 'low', deadline: '10m', answers: 'a', chunks: 'c' });
    const message = await transcoder.message(
      asked,
      place,
      record({ input: 'x', ...body }, key, headers),
      signal,
    );
    for (const [name, value] of Object.entries(expected)) expect(message.headers?.[name]).toBe(value);
  });

  it('in one lane for each key where the topic asks for order', async () => {
    const subjects = await Promise.all(Array.from({ length: 200 }, (_, index) => subjectOf(`k${index}`)));
    expect(new Set(subjects)).toEqual(
      new Set(Array.from({ length: 16 }, (_, lane) => `mr.intake.acme.work.${lane}`)),
    );
    expect(await subjectOf('k1')).toBe(subjects[1]);
    expect(await subjectOf(null)).toBe('mr.intake.acme.work');
  });
});

/** Where a record of this key goes. */
async function subjectOf(key: string | null): Promise<string> {
  const asked = topic({ orderedByKey: true });
  return (await transcoder.message(asked, place, record({ input: 'x' }, key), signal)).subject;
}

describe('a record is bad', () => {
  it.each<[string, string | null, IHeaders, string, RegExp]>([
    ['as a tombstone', null, {}, 'missing_value', /no value/u],
    ['when it is not JSON', '{', {}, 'invalid_json', /not JSON/u],
    ['when it is no object', '[]', {}, 'invalid_value', /must be a JSON object/u],
    [
      'with a header that is not text',
      '{}',
      { traceparent: Buffer.from([0xff]) },
      'invalid_value',
      /traceparent/u,
    ],
    [
      'with more bytes than JetStream takes',
      `"${'x'.repeat(3 * 1024 * 1024)}"`,
      {},
      'payload_too_large',
      /3145730/u,
    ],
  ])('%s', async (_what, value, headers, code, message) => {
    await expect(
      transcoder.message(topic(), place, record(value, null, headers), signal),
    ).rejects.toMatchObject({
      code,
      retryable: false,
      message: expect.stringMatching(message) as string,
    });
  });

  it('and is answered under the id that can be read', () => {
    expect(transcoder.headersOfBad(topic(), place, record(null, 'k'))).toMatchObject({
      'Millrace-Correlation-Id': 'k',
      'Millrace-Place': 'c1/acme.requests/3/17',
    });
  });
});
