import { generateFile } from './generate-file.ts';
import { readSchemaFiles, type AvroField, type AvroObject, type AvroSchema } from './schema-files.ts';

/** Writes `generated/events.ts` from the latest version of each schema; with `--check`, says whether it is fresh. */
const declarations = new Map<string, string>();
const latest = new Map(readSchemaFiles().map((file) => [file.name, file]));

const roots = [...latest.values()].map(({ name, schema }) => [name, declare(schema as AvroObject)] as const);
generateFile(
  new URL('generated/events.ts', import.meta.url),
  [
    '// Generated from schemas/*.avsc by generate-types.ts. Do not edit.',
    ...[...declarations.keys()].toSorted().map((name) => declarations.get(name) as string),
    `/** The events and records by the name of their schema. */\nexport interface EventTypes {\n${roots.map(([name, type]) => `  readonly '${name}': ${type};`).join('\n')}\n}`,
    'export type SchemaName = keyof EventTypes;',
  ].join('\n\n') + '\n',
);

function declare(schema: AvroObject): string {
  const name = schema.name as string;
  const text =
    schema.type === 'enum'
      ? `${comment(schema.doc)}export type ${name} = ${(schema.symbols ?? []).map((symbol) => `'${symbol}'`).join(' | ')};`
      : `${comment(schema.doc)}export interface ${name} {\n${(schema.fields ?? []).map(member).join('\n')}\n}`;
  const other = declarations.get(name);
  if (other !== undefined && other !== text) throw new Error(`Two schemas define ${name} differently.`);
  declarations.set(name, text);
  return name;
}

function member(field: AvroField): string {
  return `${comment(field.doc, '  ')}  readonly ${field.name}: ${typeOf(field.type)};`;
}

function typeOf(schema: AvroSchema): string {
  if (typeof schema === 'string') return named(schema);
  if (!('type' in schema)) return schema.map(typeOf).toReversed().join(' | ');
  if (schema.logicalType === 'decimal') return 'string';
  switch (schema.type) {
    case 'array':
      return `readonly ${typeOf(schema.items as AvroSchema)}[]`;
    case 'map':
      return `Readonly<Record<string, ${typeOf(schema.values as AvroSchema)}>>`;
    case 'record':
    case 'enum':
      return declare(schema);
    case 'fixed':
      return named('bytes');
    default:
      return typeOf(schema.type);
  }
}

function named(name: string): string {
  switch (name) {
    case 'string':
    case 'boolean':
    case 'null':
      return name;
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return 'number';
    case 'bytes':
    case 'Sha256':
      return 'Uint8Array';
    default:
      return name;
  }
}

function comment(doc: string | undefined, indent = ''): string {
  return doc === undefined ? '' : `${indent}/** ${doc} */\n`;
}
