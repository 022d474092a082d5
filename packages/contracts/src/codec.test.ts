import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createCodec, type Codec } from './codec.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { BillingCharged, KeyRevoked } from './generated/events.ts';
import type { AvroSchema } from './schema-files.ts';

const revoked: KeyRevoked = { key_id: 'k1', at: 1_700_000_000_000 };

const charged: BillingCharged = {
  entry_id: '01890000-0000-7000-8000-000000000001',
  entry_number: 7,
  request_id: '01890000-0000-7000-8000-000000000002',
  tenant: 'acme',
  model: 'm',
  outcome: 'completed',
  usage: {
    input_tokens: 1,
    cached_input_tokens: 0,
    output_tokens: 2,
    characters_in: 3,
    characters_out: 4,
    source: 'ENGINE',
  },
  price_version: null,
  amount: '0.0000123000',
  currency: 'USD',
  closed_at: 1,
  charged_at: 2,
  cache: null,
  organisation: 'default',
  key_id: null,
  user_id: null,
  operation: null,
  model_version: null,
  price_book: 'default',
  worked_ms: 0,
};

describe('fingerprintOf', () => {
  it('is the one that the specification gives for "int"', () => {
    expect(Buffer.from(fingerprintOf('int')).readBigUInt64LE().toString(16)).toBe('7275d51a3f395c8f');
  });
});

describe('codec', () => {
  const codec = createCodec();

  it('decodes what it encoded', () => {
    const bytes = codec.encode('billing.charged', charged);
    expect([...bytes.subarray(0, 2)]).toEqual([0xc3, 0x01]);
    expect(codec.decode('billing.charged', bytes)).toEqual(charged);
    expect(codec.decodeAny(bytes)).toMatchObject({ name: 'billing.charged', version: 3 });
  });

  it.each(['0.0000000000', '-12.5000000000', '1234567890.0123456789', '-0.0000000001'])(
    'keeps the decimal %s to the last digit',
    (amount) => {
      const bytes = codec.encode('billing.charged', { ...charged, amount });
      expect(codec.decode('billing.charged', bytes).amount).toBe(amount);
    },
  );

  it('takes bytes of any kind, views into larger buffers included', () => {
    const wrapped = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
    const key = { tenant: 't', user_id: null, key_id: 'k', wrapped, at: 1, others: [] };
    const bytes = codec.encode('key.wrapped', key);
    expect([...codec.decode('key.wrapped', bytes).wrapped]).toEqual([1, 2, 3]);
  });

  it('refuses a decimal with more digits than the scale', () => {
    expect(() => codec.encode('billing.charged', { ...charged, amount: '0.00000000001' })).toThrow(/amount/);
  });

  it('names the field that does not fit, and not its value', () => {
    const bad = { ...revoked, key_id: 42 as unknown as string };
    expect(() => codec.encode('key.revoked', bad)).toThrow(/key_id is not a valid string/);
  });

  it('refuses a long past 2^53 instead of rounding it', () => {
    const bytes = Buffer.from(codec.encode('key.revoked', { ...revoked, at: 2 ** 53 - 2 }));
    const longer = Buffer.concat([
      bytes.subarray(0, bytes.length - 8),
      Buffer.from('ffffffffffffffffff01', 'hex'),
    ]);
    expect(() => codec.decode('key.revoked', longer)).toThrow(
      expect.objectContaining({ code: 'message_corrupt' }),
    );
    expect(() => codec.encode('key.revoked', { ...revoked, at: 2 ** 53 })).toThrow(/at is not a valid/);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('hello, this is not Avro')],
    ['a cut message', codec.encode('key.revoked', revoked).subarray(0, 12)],
    ['trailing bytes', Buffer.concat([codec.encode('key.revoked', revoked), Buffer.from([0])])],
    ['another event', codec.encode('request.resumed', { request_id: 'r', gateway: 'g' })],
  ])('refuses %s as corrupt', (_what, bytes) => {
    expect(() => codec.decode('key.revoked', bytes)).toThrow(
      expect.objectContaining({ code: 'message_corrupt' }),
    );
  });

  it('refuses a fingerprint that no schema has', () => {
    const bytes = Buffer.from(codec.encode('key.revoked', revoked));
    bytes[5] = (bytes[5] as number) ^ 0xff;
    expect(() => codec.decode('key.revoked', bytes)).toThrow(
      expect.objectContaining({ code: 'schema_unknown' }),
    );
  });
});

describe('schema evolution', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  const codecOf = (...versions: readonly AvroSchema[]): Codec => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-schemas-'));
    folders.push(folder);
    for (const [index, schema] of versions.entries()) {
      writeFileSync(join(folder, `key.revoked.v${index + 1}.avsc`), JSON.stringify(schema));
    }
    return createCodec(folder);
  };
  const v1 = {
    type: 'record',
    name: 'KeyRevoked',
    namespace: 'millrace',
    fields: [
      { name: 'key_id', type: 'string' },
      { name: 'at', type: 'long' },
    ],
  };
  const v2 = { ...v1, fields: [...v1.fields, { name: 'by', type: 'string', default: 'nobody' }] };

  it('reads an older version with the defaults of the latest', () => {
    const old = codecOf(v1).encode('key.revoked', revoked);
    expect(codecOf(v1, v2).decode('key.revoked', old)).toEqual({ ...revoked, by: 'nobody' });
  });

  it('writes the latest version', () => {
    const both = codecOf(v1, v2);
    const bytes = both.encode('key.revoked', { ...revoked, by: 'root' } as KeyRevoked);
    expect(both.decodeAny(bytes)).toMatchObject({ version: 2, value: { by: 'root' } });
  });
});
