import type { AvroSchema } from './schema-files.ts';

/**
 * A value of a schema, the same each time: for golden bytes. Every optional field is there, so that each branch is covered.
 *
 * @param path where it stands, so that fields of one type differ
 */
export function sampleValue(
  schema: AvroSchema,
  named: Map<string, AvroSchema> = new Map(),
  path = '',
): unknown {
  if (typeof schema === 'string') {
    const known = named.get(schema);
    return known === undefined ? primitive(schema, path) : sampleValue(known, named, path);
  }
  if (!('type' in schema)) {
    return sampleValue(schema.find((branch) => branch !== 'null') as AvroSchema, named, path);
  }
  if (schema.name !== undefined && typeof schema.type === 'string') named.set(schema.name, schema);
  switch (schema.type) {
    case 'record':
      return Object.fromEntries(
        (schema.fields ?? []).map((field) => [
          field.name,
          sampleValue(field.type, named, `${path}/${field.name}`),
        ]),
      );
    case 'enum':
      return schema.symbols?.at(-1);
    case 'array':
      return [sampleValue(schema.items as AvroSchema, named, path)];
    case 'map':
      return { key: sampleValue(schema.values as AvroSchema, named, path) };
    case 'fixed':
      return Buffer.alloc(schema.size ?? 0, path.length);
    default:
      if (schema.logicalType === 'uuid') return '01890a5d-ac96-774b-bcce-b302099a8057';
      if (schema.logicalType === 'decimal') return '-1234.0000056789';
      return sampleValue(schema.type, named, path);
  }
}

function primitive(type: string, path: string): unknown {
  switch (type) {
    case 'string':
      return `text of ${path} é😀`;
    case 'bytes':
      return Buffer.from(path);
    case 'int':
      return path.length;
    case 'long':
      return 1_700_000_000_000 + path.length;
    case 'double':
      return path.length + 0.25;
    case 'boolean':
      return true;
    default:
      throw new TypeError(`There is no sample of ${type}.`);
  }
}
