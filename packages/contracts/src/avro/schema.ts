import { MillraceError } from '@millrace/runtime';

/** The part of Avro that Millrace uses: no recursive types, and no unions but `["null", X]`. */
export type AvroType =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'nullable'; readonly value: AvroType }
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | RecordType
  | EnumType
  | FixedType;

export type PrimitiveKind = (typeof primitives)[number];

export interface RecordType {
  readonly kind: 'record';
  /** With its namespace, such as `millrace.RequestReceived`. */
  readonly name: string;
  readonly doc: string;
  readonly fields: readonly RecordField[];
}

export interface RecordField {
  readonly name: string;
  readonly type: AvroType;
  readonly doc: string;
  /** As in the JSON of the schema; undefined when there is none. */
  readonly defaultValue: unknown;
  readonly aliases: readonly string[];
  /** Attributes of our own, for the documentation. */
  readonly unit: string | undefined;
  readonly privacy: string | undefined;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly doc: string;
  readonly symbols: readonly string[];
  /** What a reader makes of a symbol that it does not know. */
  readonly defaultSymbol: string | undefined;
}

export interface FixedType {
  readonly kind: 'fixed';
  readonly name: string;
  readonly doc: string;
  /** In bytes. */
  readonly size: number;
}

const primitives = ['boolean', 'int', 'long', 'float', 'double', 'string', 'bytes'] as const;
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

type Json = Readonly<Record<string, unknown>>;
type NamedType = RecordType | EnumType | FixedType;
type NamedTypes = Map<string, NamedType | 'open'>;

/** @throws MillraceError config_invalid when it is no schema, or one outside the part of Avro that is supported */
export function parseSchema(json: unknown): AvroType {
  return parseType(json, '', new Map());
}

/** The name without its namespace. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function parseType(json: unknown, namespace: string, named: NamedTypes): AvroType {
  if (typeof json === 'string') return parseReference(json, namespace, named);
  if (Array.isArray(json)) return parseUnion(json, namespace, named);
  if (!isObject(json)) throw invalid('a type must be a name, a union or an object');
  switch (json['type']) {
    case 'record':
      return parseRecord(json, namespace, named);
    case 'enum':
      return define(named, parseEnum(json, namespace));
    case 'fixed':
      return define(named, parseFixed(json, namespace));
    case 'array':
      return { kind: 'array', items: parseType(json['items'], namespace, named) };
    case 'map':
      return { kind: 'map', values: parseType(json['values'], namespace, named) };
    default:
      return parseLogical(json, parseType(json['type'], namespace, named));
  }
}

function parseReference(name: string, namespace: string, named: NamedTypes): AvroType {
  const primitive = primitives.find((kind) => kind === name);
  if (primitive !== undefined) return { kind: primitive };
  const type = named.get(qualify(name, namespace));
  if (type === undefined) throw invalid(`the type ${name} is not defined`);
  if (type === 'open') throw invalid(`the type ${name} contains itself`);
  return type;
}

function parseUnion(branches: readonly unknown[], namespace: string, named: NamedTypes): AvroType {
  if (branches.length !== 2 || branches[0] !== 'null') throw invalid('a union must be ["null", X]');
  const value = parseType(branches[1], namespace, named);
  if (value.kind === 'nullable') throw invalid('a union must not hold a union');
  return { kind: 'nullable', value };
}

function parseLogical(json: Json, type: AvroType): AvroType {
  const logicalType = json['logicalType'];
  if (logicalType === undefined) return type;
  if (logicalType === 'uuid' && type.kind === 'string') return { kind: 'uuid' };
  if (logicalType === 'timestamp-millis' && type.kind === 'long') return { kind: 'timestamp' };
  if (logicalType === 'decimal' && type.kind === 'bytes') {
    const precision = json['precision'];
    const scale = json['scale'] ?? 0;
    if (isCount(precision, 1) && isCount(scale, 0) && scale <= precision)
      return { kind: 'decimal', precision, scale };
  }
  throw invalid(`the logical type ${String(logicalType)} of ${type.kind} is not supported`);
}

function parseRecord(json: Json, outerNamespace: string, named: NamedTypes): RecordType {
  const { name, namespace } = nameOf(json, outerNamespace);
  if (named.has(name)) throw invalid(`the type ${name} is defined twice`);
  named.set(name, 'open');
  const list = json['fields'];
  if (!Array.isArray(list) || list.length === 0) throw invalid(`${name} has no fields`);
  const fields = list.map((field: unknown) => parseField(field, name, namespace, named));
  if (new Set(fields.map((field) => field.name)).size < fields.length)
    throw invalid(`${name} has two fields of one name`);
  const record: RecordType = { kind: 'record', name, doc: textOf(json, 'doc') ?? '', fields };
  named.set(name, record);
  return record;
}

function parseField(json: unknown, record: string, namespace: string, named: NamedTypes): RecordField {
  if (!isObject(json)) throw invalid(`${record} has a field that is no object`);
  const name = textOf(json, 'name') ?? '';
  if (!namePattern.test(name)) throw invalid(`${record} has a field without a valid name`);
  const aliases = json['aliases'];
  return {
    name,
    type: parseType(json['type'], namespace, named),
    doc: textOf(json, 'doc') ?? '',
    defaultValue: json['default'],
    aliases: Array.isArray(aliases) ? aliases.map(String) : [],
    unit: textOf(json, 'unit'),
    privacy: textOf(json, 'privacy'),
  };
}

function parseEnum(json: Json, outerNamespace: string): EnumType {
  const { name } = nameOf(json, outerNamespace);
  const list = json['symbols'];
  const symbols = Array.isArray(list) ? list.map(String) : [];
  if (symbols.length === 0 || new Set(symbols).size < symbols.length || !symbols.every(isName))
    throw invalid(`${name} has no valid symbols`);
  const defaultSymbol = textOf(json, 'default');
  if (defaultSymbol !== undefined && !symbols.includes(defaultSymbol))
    throw invalid(`the default of ${name} is none of its symbols`);
  return { kind: 'enum', name, doc: textOf(json, 'doc') ?? '', symbols, defaultSymbol };
}

function parseFixed(json: Json, outerNamespace: string): FixedType {
  const { name } = nameOf(json, outerNamespace);
  const size = json['size'];
  if (!isCount(size, 1)) throw invalid(`${name} has no valid size`);
  return { kind: 'fixed', name, doc: textOf(json, 'doc') ?? '', size };
}

function define<Type extends NamedType>(named: NamedTypes, type: Type): Type {
  if (named.has(type.name)) throw invalid(`the type ${type.name} is defined twice`);
  named.set(type.name, type);
  return type;
}

function nameOf(json: Json, outerNamespace: string): { readonly name: string; readonly namespace: string } {
  const name = qualify(textOf(json, 'name') ?? '', textOf(json, 'namespace') ?? outerNamespace);
  if (!name.split('.').every(isName)) throw invalid(`${JSON.stringify(name)} is not the name of a type`);
  return { name, namespace: name.slice(0, Math.max(0, name.lastIndexOf('.'))) };
}

function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function textOf(json: Json, key: string): string | undefined {
  const value = json[key];
  return typeof value === 'string' ? value : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isName(text: string): boolean {
  return namePattern.test(text);
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}

function invalid(what: string): MillraceError {
  return new MillraceError('config_invalid', `Avro schema: ${what}`);
}
