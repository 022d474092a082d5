import type { AvroSchema } from '../schema-files.ts';
import type { CompatibilityRule } from './breaches.ts';

/** A change of a schema, and what it breaks: `path rule`, backward (the newer reads the older's) and forward (the other way). */
export interface SchemaChange {
  readonly title: string;
  readonly older: AvroSchema;
  readonly newer: AvroSchema;
  readonly backward: readonly `${string} ${CompatibilityRule}`[];
  readonly forward: readonly `${string} ${CompatibilityRule}`[];
  /** Where Avro itself would let it pass: what is stricter here. */
  readonly isStricter?: true;
}

type Attributes = Readonly<Record<string, unknown>>;

const record = (fields: readonly AvroSchema[] | readonly Attributes[], more: Attributes = {}): AvroSchema =>
  ({ type: 'record', name: 'Event', namespace: 'test', fields, ...more }) as unknown as AvroSchema;
const field = (type: unknown, more: Attributes = {}): Attributes => ({ name: 'field', type, ...more });
const one = (type: unknown, more?: Attributes): AvroSchema => record([field(type, more)]);
const enumeration = (symbols: readonly string[], more: Attributes = {}): unknown => ({
  type: 'enum',
  name: 'Kind',
  symbols,
  ...more,
});
const inner = (fields: readonly Attributes[], more: Attributes = {}): unknown => ({
  type: 'record',
  name: 'Inner',
  fields,
  ...more,
});
const both = <const Breaches extends SchemaChange['backward']>(...breaches: Breaches) => ({
  backward: breaches,
  forward: breaches,
});
const harmless = { backward: [], forward: [] };
const decimal = (precision: number, scale: number): unknown => ({
  type: 'bytes',
  logicalType: 'decimal',
  precision,
  scale,
});
const millis = { type: 'long', logicalType: 'timestamp-millis' };
const micros = { type: 'long', logicalType: 'timestamp-micros' };

/** Breaking and harmless changes, one of each kind. */
export const schemaChanges: readonly SchemaChange[] = [
  { title: 'nothing', older: one('int'), newer: one('int'), ...harmless },
  { title: 'doc', older: one('int'), newer: one('int', { doc: 'Another text.' }), ...harmless },
  {
    title: 'default of a field',
    older: one('int', { default: 1 }),
    newer: one('int', { default: 2 }),
    ...harmless,
  },
  {
    title: 'order of the fields',
    older: record([field('int'), { name: 'more', type: 'int' }]),
    newer: record([{ name: 'more', type: 'int' }, field('int')]),
    ...harmless,
  },
  {
    title: 'a new field with a default',
    older: record([field('int')]),
    newer: record([field('int'), { name: 'more', type: 'int', default: 0 }]),
    ...harmless,
  },
  {
    title: 'a new field without a default',
    older: record([field('int')]),
    newer: record([field('int'), { name: 'more', type: 'int' }]),
    backward: ['more missing_default'],
    forward: [],
  },
  {
    title: 'a field with a default goes',
    older: record([field('int'), { name: 'more', type: 'int', default: 0 }]),
    newer: record([field('int')]),
    ...harmless,
  },
  {
    title: 'a field without a default goes',
    older: record([field('int'), { name: 'more', type: 'int' }]),
    newer: record([field('int')]),
    backward: [],
    forward: ['more missing_default'],
  },
  {
    title: 'another name of a field, with an alias',
    older: one('int'),
    newer: record([{ name: 'renamed', type: 'int', aliases: ['field'] }]),
    backward: [],
    forward: ['field missing_default'],
  },
  {
    title: 'another name of a field, with an alias and defaults',
    older: one('int', { default: 0 }),
    newer: record([{ name: 'renamed', type: 'int', aliases: ['field'], default: 0 }]),
    ...harmless,
  },
  { title: 'int to long', older: one('int'), newer: one('long'), backward: [], forward: ['field type'] },
  { title: 'int to double', older: one('int'), newer: one('double'), backward: [], forward: ['field type'] },
  { title: 'long to float', older: one('long'), newer: one('float'), backward: [], forward: ['field type'] },
  {
    title: 'float to double',
    older: one('float'),
    newer: one('double'),
    backward: [],
    forward: ['field type'],
  },
  { title: 'string to bytes', older: one('string'), newer: one('bytes'), ...harmless },
  { title: 'int to string', older: one('int'), newer: one('string'), ...both('field type') },
  { title: 'boolean to int', older: one('boolean'), newer: one('int'), ...both('field type') },
  {
    title: 'null is let in',
    older: one('int'),
    newer: one(['null', 'int']),
    backward: [],
    forward: ['field union_branch'],
  },
  {
    title: 'a branch goes',
    older: one(['null', 'int', 'string']),
    newer: one(['null', 'int']),
    backward: ['field union_branch'],
    forward: [],
  },
  {
    title: 'a branch that another takes goes',
    older: one(['null', 'int', 'long']),
    newer: one(['null', 'long']),
    ...harmless,
  },
  { title: 'order of the branches', older: one(['null', 'int']), newer: one(['int', 'null']), ...harmless },
  {
    title: 'a new symbol',
    older: one(enumeration(['A'])),
    newer: one(enumeration(['A', 'B'])),
    backward: [],
    forward: ['field enum_symbol'],
  },
  {
    title: 'a new symbol, with a default of the enum',
    older: one(enumeration(['A'], { default: 'A' })),
    newer: one(enumeration(['A', 'B'], { default: 'A' })),
    ...harmless,
  },
  {
    title: 'a symbol goes',
    older: one(enumeration(['A', 'B'])),
    newer: one(enumeration(['A'])),
    backward: ['field enum_symbol'],
    forward: [],
  },
  {
    title: 'order of the symbols',
    older: one(enumeration(['A', 'B'])),
    newer: one(enumeration(['B', 'A'])),
    ...harmless,
  },
  {
    title: 'another name of an enum',
    older: one(enumeration(['A'])),
    newer: one(enumeration(['A'], { name: 'Sort' })),
    ...both('field name'),
  },
  {
    title: 'another name of a record, with an alias',
    older: one(inner([field('int')])),
    newer: one(inner([field('int')], { name: 'Outer', aliases: ['Inner'] })),
    backward: [],
    forward: ['field name'],
  },
  {
    title: 'another namespace',
    older: one('int'),
    newer: record([field('int')], { namespace: 'other' }),
    ...both(' name'),
    isStricter: true,
  },
  {
    title: 'length of a fixed',
    older: one({ type: 'fixed', name: 'Hash', size: 16 }),
    newer: one({ type: 'fixed', name: 'Hash', size: 32 }),
    ...both('field fixed_size'),
  },
  {
    title: 'items of a list',
    older: one({ type: 'array', items: 'int' }),
    newer: one({ type: 'array', items: 'string' }),
    ...both('field[] type'),
  },
  {
    title: 'values of a map',
    older: one({ type: 'map', values: 'int' }),
    newer: one({ type: 'map', values: 'string' }),
    ...both('field{} type'),
  },
  {
    title: 'a list becomes a map',
    older: one({ type: 'array', items: 'int' }),
    newer: one({ type: 'map', values: 'int' }),
    ...both('field type'),
  },
  {
    title: 'inside of a record in a list in a union',
    older: one(['null', { type: 'array', items: inner([field('int')]) }]),
    newer: one(['null', { type: 'array', items: inner([field('string')]) }]),
    ...both('field[].field type'),
  },
  {
    title: 'a record that holds itself',
    older: record([field(['null', 'Event']), { name: 'value', type: 'int' }]),
    newer: record([field(['null', 'Event']), { name: 'value', type: 'long' }]),
    backward: [],
    forward: ['value type'],
  },
  {
    title: 'scale of a decimal',
    older: one(decimal(20, 10)),
    newer: one(decimal(20, 2)),
    ...both('field logical_type'),
    isStricter: true,
  },
  {
    title: 'milliseconds to microseconds',
    older: one(millis),
    newer: one(micros),
    ...both('field logical_type'),
    isStricter: true,
  },
  {
    title: 'a number becomes a time',
    older: one('long'),
    newer: one(millis),
    ...both('field logical_type'),
    isStricter: true,
  },
  {
    title: 'unit of a number',
    older: one('long', { unit: 'seconds' }),
    newer: one('long', { unit: 'milliseconds' }),
    ...both('field unit'),
    isStricter: true,
  },
  { title: 'a unit is named', older: one('long'), newer: one('long', { unit: 'seconds' }), ...harmless },
];
