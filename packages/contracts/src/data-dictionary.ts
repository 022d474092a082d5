import { schemaNodes, type FieldNode, type SchemaNode } from './compatibility/schema-nodes.ts';
import { classOf, localName, readPrivacyClasses, recordsIn, type PrivacyClasses } from './privacy.ts';
import { readSchemaFiles, type AvroObject, type SchemaFile } from './schema-files.ts';

/** A field of an event, as people look it up. */
export interface DictionaryField {
  /** `usage.input_tokens`; `decisions[].model` inside of a list. */
  readonly path: string;
  readonly type: string;
  /** Undefined: it is no quantity. */
  readonly unit: string | undefined;
  /** A class of `schemas/privacy.json`; undefined: that of its own fields. */
  readonly privacy: string | undefined;
  /** The first version that has it. */
  readonly since: number;
  readonly doc: string;
}

export interface DictionaryEvent {
  readonly name: string;
  readonly version: number;
  readonly doc: string;
  /** Of the latest version; depth first, in their order. */
  readonly fields: readonly DictionaryField[];
}

/** Every field of the latest version of every schema. */
export function dataDictionary(
  files: readonly SchemaFile[] = readSchemaFiles(),
  privacy: PrivacyClasses = readPrivacyClasses(),
): readonly DictionaryEvent[] {
  const names = [...new Set(files.map(({ name }) => name))];
  return names.map((name) => {
    const versions = files.filter((file) => file.name === name);
    const paths = versions.map(({ version, schema }) => ({
      version,
      paths: new Set(fieldsOf(schemaNodes(schema), privacy).map(({ path }) => path)),
    }));
    const { version, schema } = versions.at(-1) as SchemaFile;
    return {
      name,
      version,
      doc: (schema as AvroObject).doc ?? '',
      fields: fieldsOf(schemaNodes(schema), privacy).map((field) => ({
        ...field,
        since: paths.find((each) => each.paths.has(field.path))?.version ?? version,
      })),
    };
  });
}

type Field = Omit<DictionaryField, 'since'>;

function fieldsOf(
  node: SchemaNode,
  privacy: PrivacyClasses,
  prefix = '',
  open: ReadonlySet<SchemaNode> = new Set(),
): readonly Field[] {
  return recordsIn(node).flatMap((record) => {
    if (open.has(record)) return [];
    const inside = new Set([...open, record]);
    return record.fields.flatMap((field) => {
      const path = prefix + field.name;
      return [
        {
          path,
          type: typeWords(field.type),
          unit: unitOf(field),
          privacy: classOf(privacy, localName(record.name), field.name),
          doc: field.doc,
        },
        ...fieldsOf(field.type, privacy, `${path}${suffixOf(field.type)}.`, inside),
      ];
    });
  });
}

function suffixOf(node: SchemaNode): string {
  if (node.kind === 'array') return `[]${suffixOf(node.of)}`;
  if (node.kind === 'map') return `{}${suffixOf(node.of)}`;
  if (node.kind !== 'union') return '';
  return node.branches.map(suffixOf).find((suffix) => suffix !== '') ?? '';
}

/** By the attribute of the schema, else by the logical type and the words of its name. */
function unitOf({ name, unit, type }: FieldNode): string | undefined {
  if (unit !== undefined) return unit;
  const plain = type.kind === 'union' ? type.branches.filter((branch) => !isNull(branch)) : [type];
  const [only] = plain;
  if (only?.kind !== 'plain' || plain.length > 1) return undefined;
  if (only.logical?.startsWith('timestamp-millis') === true) return 'ms since 1970, UTC';
  if (only.logical?.startsWith('decimal') === true) return name.endsWith('amount') ? 'currency' : undefined;
  if (!['int', 'long', 'double', 'float'].includes(only.type)) return undefined;
  if (name.endsWith('_ms')) return 'milliseconds';
  const words = name.split('_');
  return ['tokens', 'characters', 'bytes', 'blocks', 'words'].find((word) => words.includes(word));
}

const isNull = (node: SchemaNode): boolean => node.kind === 'plain' && node.type === 'null';

function typeWords(node: SchemaNode): string {
  switch (node.kind) {
    case 'union': {
      const others = node.branches.filter((branch) => !isNull(branch)).map(typeWords);
      return `${others.join(' or ')}${others.length < node.branches.length ? ', or null' : ''}`;
    }
    case 'array':
      return `list of ${typeWords(node.of)}`;
    case 'map':
      return `map to ${typeWords(node.of)}`;
    case 'enum':
      return node.symbols.join(', ');
    case 'fixed':
      return `${node.size} bytes`;
    case 'record':
      return localName(node.name);
    case 'plain':
      return node.logical ?? node.type;
  }
}
