import type { AvroType } from './schema.ts';

/** The Parsing Canonical Form of the Avro specification: only what the encoding depends on, in one spelling. */
export function canonicalForm(type: AvroType): string {
  const written = new Set<string>();
  const text = JSON.stringify;
  const write = (item: AvroType): string => {
    switch (item.kind) {
      case 'uuid':
        return '"string"';
      case 'timestamp':
        return '"long"';
      case 'decimal':
        return '"bytes"';
      case 'nullable':
        return `["null",${write(item.value)}]`;
      case 'array':
        return `{"type":"array","items":${write(item.items)}}`;
      case 'map':
        return `{"type":"map","values":${write(item.values)}}`;
      case 'record':
      case 'enum':
      case 'fixed':
        break;
      default:
        return text(item.kind);
    }
    if (written.has(item.name)) return text(item.name);
    written.add(item.name);
    const head = `"name":${text(item.name)},"type":"${item.kind}"`;
    if (item.kind === 'enum') return `{${head},"symbols":${text(item.symbols)}}`;
    if (item.kind === 'fixed') return `{${head},"size":${item.size}}`;
    const fields = item.fields.map((field) => `{"name":${text(field.name)},"type":${write(field.type)}}`);
    return `{${head},"fields":[${fields.join(',')}]}`;
  };
  return write(type);
}

const emptyFingerprint = 0xc15d213aa4d7a795n;

const table = Array.from({ length: 256 }, (_, index) => {
  let value = BigInt(index);
  for (let bit = 0; bit < 8; bit++) value = (value >> 1n) ^ (value & 1n ? emptyFingerprint : 0n);
  return value;
});

/** CRC-64-AVRO, the 64-bit Rabin fingerprint of the Avro specification, of the text's UTF-8. */
export function crc64Avro(text: string): bigint {
  let value = emptyFingerprint;
  for (const byte of Buffer.from(text, 'utf8')) {
    value = (value >> 8n) ^ (table[Number(value & 0xffn) ^ byte] ?? 0n);
  }
  return value;
}

/** The fingerprint that names a schema in single-object encoding. */
export function fingerprintOf(type: AvroType): bigint {
  return crc64Avro(canonicalForm(type));
}
