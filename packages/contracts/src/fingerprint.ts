import type { AvroSchema } from './schema-files.ts';

/** CRC-64-AVRO of nothing, from the Avro specification. */
const empty = 0xc15d213aa4d7a795n;

const table = Array.from({ length: 256 }, (_, index) => {
  let value = BigInt(index);
  for (let bit = 0; bit < 8; bit += 1) value = (value >> 1n) ^ (empty & -(value & 1n));
  return value;
});

/**
 * The schema fingerprint of single-object encoding: CRC-64-AVRO of the parsing canonical form, little endian.
 *
 * Source: Avro specification 1.12, "Schema Fingerprints".
 */
export function fingerprintOf(schema: AvroSchema): Uint8Array {
  let value = empty;
  for (const byte of Buffer.from(canonicalForm(schema), 'utf8')) {
    value = (value >> 8n) ^ (table[Number((value ^ BigInt(byte)) & 0xffn)] as bigint);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

const primitives = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

/** The parsing canonical form: full names, only the attributes that matter to a reader, in a fixed order. */
export function canonicalForm(schema: AvroSchema, namespace = ''): string {
  if (typeof schema === 'string')
    return JSON.stringify(primitives.has(schema) ? schema : fullName(schema, namespace));
  if (!('type' in schema)) return `[${schema.map((branch) => canonicalForm(branch, namespace)).join(',')}]`;
  const { type } = schema;
  if (type === 'array')
    return `{"type":"array","items":${canonicalForm(schema.items as AvroSchema, namespace)}}`;
  if (type === 'map')
    return `{"type":"map","values":${canonicalForm(schema.values as AvroSchema, namespace)}}`;
  if (typeof type !== 'string' || schema.name === undefined) return canonicalForm(type, namespace);
  const name = fullName(schema.name, schema.namespace ?? namespace);
  const inner = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const head = `{"name":${JSON.stringify(name)},"type":${JSON.stringify(type)}`;
  if (type === 'enum') return `${head},"symbols":${JSON.stringify(schema.symbols)}}`;
  if (type === 'fixed') return `${head},"size":${schema.size}}`;
  const fields = (schema.fields ?? []).map(
    (field) => `{"name":${JSON.stringify(field.name)},"type":${canonicalForm(field.type, inner)}}`,
  );
  return `${head},"fields":[${fields.join(',')}]}`;
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}
