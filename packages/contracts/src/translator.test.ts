import { expect, it } from 'vitest';
import { avroType } from './avro-types.ts';
import { createCodec } from './codec.ts';
import type { AvroSchema } from './schema-files.ts';

const codec = createCodec();

const record = (...fields: readonly { name: string; type: AvroSchema; default?: unknown }[]): AvroSchema => ({
  type: 'record',
  name: 'KeyRevoked',
  namespace: 'millrace',
  fields,
});
const keyId = { name: 'key_id', type: 'string' };

it('a schema of somebody else is read as ours where it fits', () => {
  const theirs = record({ name: 'at', type: 'int' }, keyId, { name: 'more', type: 'string' });
  const body = avroType(theirs).toBuffer({ at: 7, key_id: 'k', more: 'm' });
  expect(codec.decode('key.revoked', codec.translator('key.revoked', theirs)(body))).toEqual({
    key_id: 'k',
    at: 7,
  });
  expect(() => codec.translator('key.revoked', theirs)(body.subarray(1))).toThrow(
    expect.objectContaining({ code: 'message_corrupt' }),
  );
});

it.each<[string, AvroSchema]>([
  ['lacks a field', record(keyId)],
  ['has a field of another type', record(keyId, { name: 'at', type: 'string' })],
  ['is another record', { type: 'record', name: 'Other', fields: [] }],
  ['is no schema', { type: 'nonsense' }],
  ['is not even an object', 7 as unknown as AvroSchema],
])('a schema that %s is refused', (_what, schema) => {
  expect(() => codec.translator('key.revoked', schema)).toThrow(
    expect.objectContaining({ code: 'schema_unknown' }),
  );
});
