import type { AvroSchema } from '../schema-files.ts';
import {
  schemaNodes,
  type CollectionNode,
  type EnumNode,
  type FixedNode,
  type NamedNode,
  type RecordNode,
  type SchemaNode,
  type UnionNode,
} from './schema-nodes.ts';

/** Why a reader cannot take what a writer writes. */
export type CompatibilityRule =
  /** The types differ, and none is promoted to the other. */
  | 'type'
  /** A record, enum or fixed goes by another name, which is no alias of the reader's. */
  | 'name'
  /** The reader has a field without default that the writer does not write. */
  | 'missing_default'
  /** The writer has a symbol that the reader's enum does not have, and the enum has no default. */
  | 'enum_symbol'
  /** Values of a fixed have another length. */
  | 'fixed_size'
  /** The writer has a branch that none of the reader's takes. */
  | 'union_branch'
  /** The same bytes mean something else: another logical type, or another scale of a decimal. */
  | 'logical_type'
  /** The same number is in another unit. */
  | 'unit';

export interface Breach {
  /** The field: `usage.input_tokens`; `decisions[].model` and `facts{}` inside of lists and maps; empty for the schema itself. */
  readonly path: string;
  readonly rule: CompatibilityRule;
  /** One sentence. */
  readonly detail: string;
}

/**
 * What keeps a reader from reading what a writer has written, by the rules of Avro's schema resolution (specification 1.12, "Schema
 * Resolution"). It is stricter in three ways: names have to be the same with their namespaces, any branch of a union that could be
 * written has to be readable, and units and logical types have to be the same.
 *
 * @returns none where each message can be read
 */
export function breachesOf(reader: AvroSchema, writer: AvroSchema): readonly Breach[] {
  return compare(schemaNodes(reader), schemaNodes(writer), '', new Set());
}

/** Types that a writer's is read as. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

type Pairs = ReadonlySet<string>;

function compare(reader: SchemaNode, writer: SchemaNode, path: string, open: Pairs): readonly Breach[] {
  if (writer.kind === 'union') return ofWritersUnion(reader, writer, path, open);
  if (reader.kind === 'union') return ofReadersUnion(reader, writer, path, open);
  if (reader.kind === 'plain' && writer.kind === 'plain') {
    const isRead = reader.type === writer.type || promotions[writer.type]?.includes(reader.type) === true;
    return isRead ? meaning(reader, writer, path) : [typeBreach(reader, writer, path)];
  }
  if (reader.kind === 'record' && writer.kind === 'record') return ofRecords(reader, writer, path, open);
  if (reader.kind === 'enum' && writer.kind === 'enum')
    return [...names(reader, writer, path), ...symbols(reader, writer, path)];
  if (reader.kind === 'fixed' && writer.kind === 'fixed')
    return [...names(reader, writer, path), ...size(reader, writer, path), ...meaning(reader, writer, path)];
  if (isCollection(reader) && isCollection(writer) && reader.kind === writer.kind)
    return compare(reader.of, writer.of, `${path}${reader.kind === 'array' ? '[]' : '{}'}`, open);
  return [typeBreach(reader, writer, path)];
}

function ofWritersUnion(reader: SchemaNode, writer: UnionNode, path: string, open: Pairs): readonly Breach[] {
  const found = writer.branches.flatMap((branch) =>
    reader.kind === 'union'
      ? ofReadersUnion(reader, branch, path, open)
      : compare(reader, branch, path, open),
  );
  return reader.kind === 'union'
    ? found
    : found.map((breach) => (breach.path === path && breach.rule === 'type' ? asBranch(breach) : breach));
}

function ofReadersUnion(reader: UnionNode, writer: SchemaNode, path: string, open: Pairs): readonly Breach[] {
  const tried = reader.branches.map((branch) => compare(branch, writer, path, open));
  if (tried.some((breaches) => breaches.length === 0)) return [];
  // The branch that is meant: what is wrong inside of it says more than that none fits.
  const meant = reader.branches.findIndex((branch) => isSameShape(branch, writer));
  if (meant >= 0) return tried[meant] ?? [];
  const branches = reader.branches.map(nameOf).join(', ');
  return [
    { path, rule: 'union_branch', detail: `${nameOf(writer)} may be written; read is only ${branches}.` },
  ];
}

const asBranch = (breach: Breach): Breach => ({ ...breach, rule: 'union_branch' });

function isSameShape(reader: SchemaNode, writer: SchemaNode): boolean {
  if (reader.kind !== writer.kind) return false;
  if (reader.kind === 'plain') return writer.kind === 'plain' && reader.type === writer.type;
  return isNamed(reader) && isNamed(writer) ? names(reader, writer, '').length === 0 : true;
}

function ofRecords(reader: RecordNode, writer: RecordNode, path: string, open: Pairs): readonly Breach[] {
  const renamed = names(reader, writer, path);
  if (renamed.length > 0) return renamed;
  const pair = `${reader.name} ${writer.name}`;
  if (open.has(pair)) return [];
  const inside = new Set([...open, pair]);
  return reader.fields.flatMap((field): readonly Breach[] => {
    const at = path === '' ? field.name : `${path}.${field.name}`;
    const written = writer.fields.find(({ name }) => name === field.name || field.aliases.includes(name));
    if (written === undefined) {
      if (field.hasDefault) return [];
      return [{ path: at, rule: 'missing_default', detail: 'It has no default, and is not written.' }];
    }
    return [...units(field, written, at), ...compare(field.type, written.type, at, inside)];
  });
}

function units(
  { unit: read }: { readonly unit: string | undefined },
  { unit: written }: { readonly unit: string | undefined },
  path: string,
): readonly Breach[] {
  if (read === undefined || written === undefined || read === written) return [];
  return [{ path, rule: 'unit', detail: `It is written in ${written} and read as ${read}.` }];
}

function names(reader: NamedNode, writer: NamedNode, path: string): readonly Breach[] {
  if (reader.name === writer.name || reader.aliases.includes(writer.name)) return [];
  const detail = `${writer.name} is written; ${reader.name} is read, which does not have it as an alias.`;
  return [{ path, rule: 'name', detail }];
}

function symbols(reader: EnumNode, writer: EnumNode, path: string): readonly Breach[] {
  const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
  if (reader.hasDefault || unknown.length === 0) return [];
  const detail = `${unknown.join(', ')} may be written; read is only ${reader.symbols.join(', ')}, without a default.`;
  return [{ path, rule: 'enum_symbol', detail }];
}

function size(reader: FixedNode, writer: FixedNode, path: string): readonly Breach[] {
  if (reader.size === writer.size) return [];
  const detail = `${writer.size} bytes are written, ${reader.size} read.`;
  return [{ path, rule: 'fixed_size', detail }];
}

interface WithLogical {
  readonly logical: string | undefined;
}

function meaning(
  { logical: read = 'none' }: WithLogical,
  { logical: written = 'none' }: WithLogical,
  path: string,
): readonly Breach[] {
  if (read === written) return [];
  const detail = `The logical type that is written is ${written}, that which is read ${read}.`;
  return [{ path, rule: 'logical_type', detail }];
}

function typeBreach(reader: SchemaNode, writer: SchemaNode, path: string): Breach {
  return { path, rule: 'type', detail: `${nameOf(writer)} is written, ${nameOf(reader)} read.` };
}

function nameOf(node: SchemaNode): string {
  if (node.kind === 'plain') return node.type;
  if (isNamed(node)) return `${node.kind} ${node.name}`;
  return node.kind;
}

const isNamed = (node: SchemaNode): node is NamedNode =>
  node.kind === 'record' || node.kind === 'enum' || node.kind === 'fixed';

const isCollection = (node: SchemaNode): node is CollectionNode =>
  node.kind === 'array' || node.kind === 'map';
