import { MillraceError } from '@millrace/runtime';
import { shortName, type AvroType, type EnumType, type RecordType } from './avro/schema.ts';
import type { SchemaFile } from './schema-files.ts';

const wrapAt = 106;

/**
 * TypeScript of the latest version of every schema.
 *
 * @throws MillraceError config_invalid when two schemas give one name to different types
 */
export function eventTypesText(files: readonly SchemaFile[]): string {
  const latest = [...new Map(files.map((file) => [file.name, file])).values()];
  const declarations = new Map<string, string>();
  for (const file of latest) declare(file.type, declarations);
  const members = latest.map((file) => `  '${file.name}': ${shortName(file.type.name)};\n`).join('');
  return [
    '// Generated from schemas/ by packages/contracts/src/generate-types.ts.\n',
    ...declarations.values(),
    `/** The latest version of each event, by name. */\nexport interface EventTypes {\n${members}}\n`,
    'export type SchemaName = keyof EventTypes;\n',
    `export const schemaNames = [\n${latest.map((file) => `  '${file.name}',\n`).join('')}] as const satisfies readonly SchemaName[];\n`,
  ].join('\n');
}

function declare(type: AvroType, declarations: Map<string, string>): void {
  switch (type.kind) {
    case 'nullable':
      return declare(type.value, declarations);
    case 'array':
      return declare(type.items, declarations);
    case 'map':
      return declare(type.values, declarations);
    case 'enum':
      return add(type, enumText(type), declarations);
    case 'record':
      for (const field of type.fields) declare(field.type, declarations);
      return add(type, recordText(type), declarations);
    default:
  }
}

function add(type: EnumType | RecordType, text: string, declarations: Map<string, string>): void {
  const name = shortName(type.name);
  const present = declarations.get(name);
  if (present !== undefined && present !== text) {
    throw new MillraceError('config_invalid', `two schemas define ${name} in different ways`);
  }
  declarations.set(name, text);
}

function enumText(type: EnumType): string {
  const symbols = type.symbols.map((symbol) => `'${symbol}'`);
  const line = `export type ${shortName(type.name)} = ${symbols.join(' | ')};`;
  const text = line.length <= 110 ? line : `export type ${shortName(type.name)} =\n${symbols.map((symbol) => `  | ${symbol}`).join('\n')};`;
  return `${comment(type.doc, '')}${text}\n`;
}

function recordText(type: RecordType): string {
  const fields = type.fields.map((field) => {
    const unit = field.unit === undefined ? '' : ` Unit: ${field.unit}.`;
    return `${comment(field.doc + unit, '  ')}  readonly ${field.name}: ${typeText(field.type)};\n`;
  });
  return `${comment(type.doc, '')}export interface ${shortName(type.name)} {\n${fields.join('')}}\n`;
}

function typeText(type: AvroType): string {
  switch (type.kind) {
    case 'boolean':
      return 'boolean';
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    case 'timestamp':
      return 'number';
    case 'string':
    case 'uuid':
    case 'decimal':
      return 'string';
    case 'bytes':
    case 'fixed':
      return 'Uint8Array';
    case 'nullable':
      return `${typeText(type.value)} | null`;
    case 'array': {
      const items = typeText(type.items);
      return `readonly ${items.includes(' ') ? `(${items})` : items}[]`;
    }
    case 'map':
      return `Readonly<Record<string, ${typeText(type.values)}>>`;
    case 'record':
    case 'enum':
      return shortName(type.name);
  }
}

function comment(doc: string, indent: string): string {
  if (doc === '') return '';
  const lines: string[] = [''];
  for (const word of doc.replaceAll('*/', '* /').split(/\s+/)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length + indent.length > wrapAt - 6) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  if (lines.length === 1) return `${indent}/** ${lines[0] ?? ''} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}
