import type { AvroField, AvroObject, AvroSchema } from '../schema-files.ts';

/** A schema with its names resolved, so that two of them can be walked side by side. */
export type SchemaNode = PlainNode | NamedNode | CollectionNode | UnionNode;

export interface PlainNode extends Logical {
  readonly kind: 'plain';
  readonly type: string;
}

interface NamedBase extends Logical {
  /** With its namespace. */
  readonly name: string;
  /** Earlier names, with their namespaces. */
  readonly aliases: readonly string[];
}

export interface RecordNode extends NamedBase {
  readonly kind: 'record';
  readonly fields: readonly FieldNode[];
}

export interface EnumNode extends NamedBase {
  readonly kind: 'enum';
  readonly symbols: readonly string[];
  readonly hasDefault: boolean;
}

export interface FixedNode extends NamedBase {
  readonly kind: 'fixed';
  readonly size: number;
}

export type NamedNode = RecordNode | EnumNode | FixedNode;

export interface CollectionNode extends Logical {
  readonly kind: 'array' | 'map';
  readonly of: SchemaNode;
}

export interface UnionNode {
  readonly kind: 'union';
  readonly branches: readonly SchemaNode[];
}

export interface FieldNode {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly hasDefault: boolean;
  readonly doc: string;
  readonly unit: string | undefined;
  /** What the schema itself says: `content` or `secret`. */
  readonly privacy: string | undefined;
  readonly type: SchemaNode;
}

/** What is said of the values beyond how they are encoded, such as `timestamp-millis` or `decimal(20, 10)`. */
interface Logical {
  readonly logical: string | undefined;
}

/** @throws TypeError at a name that is not defined */
export function schemaNodes(schema: AvroSchema): SchemaNode {
  return nodeOf(schema, '', new Map());
}

const primitives = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

function nodeOf(schema: AvroSchema, namespace: string, known: Map<string, NamedNode>): SchemaNode {
  if (typeof schema === 'string') {
    if (primitives.has(schema)) return { kind: 'plain', type: schema, logical: undefined };
    const node = known.get(fullName(schema, namespace)) ?? known.get(schema);
    if (node === undefined) throw new TypeError(`${schema} is not defined before it is used.`);
    return node;
  }
  if (!('type' in schema))
    return { kind: 'union', branches: schema.map((branch) => nodeOf(branch, namespace, known)) };
  const logical = logicalOf(schema);
  switch (schema.type) {
    case 'array':
      return { kind: 'array', of: nodeOf(schema.items as AvroSchema, namespace, known), logical };
    case 'map':
      return { kind: 'map', of: nodeOf(schema.values as AvroSchema, namespace, known), logical };
    case 'record':
    case 'error':
    case 'enum':
    case 'fixed':
      return namedNode(schema, namespace, known);
    default: {
      if (typeof schema.type !== 'string') return nodeOf(schema.type, namespace, known);
      const node = nodeOf(schema.type, namespace, known);
      return node.kind === 'plain' ? { ...node, logical } : node;
    }
  }
}

function namedNode(schema: AvroObject, outer: string, known: Map<string, NamedNode>): NamedNode {
  const name = fullName(schema.name ?? '', schema.namespace ?? outer);
  const namespace = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const base = {
    name,
    aliases: (schema.aliases ?? []).map((alias) => fullName(alias, namespace)),
    logical: logicalOf(schema),
  };
  if (schema.type === 'enum') {
    const { symbols = [] } = schema;
    return remember({ ...base, kind: 'enum', symbols, hasDefault: schema.default !== undefined });
  }
  if (schema.type === 'fixed') return remember({ ...base, kind: 'fixed', size: schema.size ?? 0 });
  // Known before its fields are read: they may hold the record itself.
  const fields: FieldNode[] = [];
  const node = remember({ ...base, kind: 'record', fields });
  for (const field of schema.fields ?? []) fields.push(fieldNode(field, namespace, known));
  return node;

  function remember<Node extends NamedNode>(made: Node): Node {
    known.set(name, made);
    return made;
  }
}

function fieldNode(field: AvroField, namespace: string, known: Map<string, NamedNode>): FieldNode {
  return {
    name: field.name,
    aliases: field.aliases ?? [],
    hasDefault: field.default !== undefined,
    doc: field.doc ?? '',
    unit: field.unit,
    privacy: field.privacy,
    type: nodeOf(field.type, namespace, known),
  };
}

function logicalOf({ logicalType, precision, scale = 0 }: AvroObject): string | undefined {
  return logicalType === 'decimal' ? `decimal(${precision}, ${scale})` : logicalType;
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}
