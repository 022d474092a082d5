import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  schemaNodes,
  type FieldNode,
  type RecordNode,
  type SchemaNode,
} from './compatibility/schema-nodes.ts';
import { schemaFolder, type SchemaFile } from './schema-files.ts';

/**
 * What the fields of the schemas say of people: `schemas/privacy.json`. It stands beside the schemas, since a published one never
 * changes. A record means the same in each schema, so its fields are named once.
 */
export interface PrivacyClasses {
  /** What each class means. */
  readonly classes: Readonly<Record<string, string>>;
  /** By record and field: the class. Fields that hold records are not named: theirs are. */
  readonly records: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function readPrivacyClasses(folder: string = schemaFolder): PrivacyClasses {
  return JSON.parse(readFileSync(join(folder, 'privacy.json'), 'utf8')) as PrivacyClasses;
}

/** A field that has a class of its own, and the record that it belongs to. */
interface ClassifiedField {
  readonly record: string;
  readonly field: FieldNode;
}

function classifiedFields(
  node: SchemaNode,
  open: ReadonlySet<SchemaNode> = new Set(),
): readonly ClassifiedField[] {
  if (node.kind === 'union') return node.branches.flatMap((branch) => classifiedFields(branch, open));
  if (node.kind === 'array' || node.kind === 'map') return classifiedFields(node.of, open);
  if (node.kind !== 'record' || open.has(node)) return [];
  const inside = new Set([...open, node]);
  return node.fields.flatMap((field) =>
    recordsIn(field.type).length === 0
      ? [{ record: localName(node.name), field }]
      : classifiedFields(field.type, inside),
  );
}

/** The records that a type holds, directly, in a list, a map or a union. */
export function recordsIn(node: SchemaNode): readonly RecordNode[] {
  if (node.kind === 'union') return node.branches.flatMap(recordsIn);
  if (node.kind === 'array' || node.kind === 'map') return recordsIn(node.of);
  return node.kind === 'record' ? [node] : [];
}

export const localName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** What is wrong with the classes, a line each: fields without one, classes that there are not, fields that there are not. */
export function privacyProblems(files: readonly SchemaFile[], privacy: PrivacyClasses): readonly string[] {
  const present = files.flatMap(({ schema }) => classifiedFields(schemaNodes(schema)));
  const names = new Set(present.map(({ record, field }) => `${record}.${field.name}`));
  const missing = [...names].filter((name) => classOf(privacy, ...split(name)) === undefined);
  const stated = Object.entries(privacy.records).flatMap(([record, fields]) =>
    Object.entries(fields).map(([field, privacyClass]) => ({ name: `${record}.${field}`, privacyClass })),
  );
  const weaker = present.filter(({ record, field }) => {
    const stands = classOf(privacy, record, field.name);
    if (field.privacy === 'content') return stands !== 'content' && stands !== 'sealed';
    return field.privacy !== undefined && stands !== field.privacy;
  });
  return [
    ...missing.map((name) => `${name} has no privacy class: name one in schemas/privacy.json.`),
    ...stated
      .filter(({ privacyClass }) => !Object.hasOwn(privacy.classes, privacyClass))
      .map(
        ({ name, privacyClass }) =>
          `${name} is of the class ${privacyClass}: there is ${Object.keys(privacy.classes).join(', ')}.`,
      ),
    ...stated
      .filter(({ name }) => !names.has(name))
      .map(({ name }) => `${name} is in schemas/privacy.json and in no schema.`),
    ...weaker.map(
      ({ record, field }) =>
        `${record}.${field.name} is ${field.privacy} by its schema and ${classOf(privacy, record, field.name)} in schemas/privacy.json.`,
    ),
  ];
}

export function classOf(privacy: PrivacyClasses, record: string, field: string): string | undefined {
  return privacy.records[record]?.[field];
}

function split(name: string): [string, string] {
  const dot = name.indexOf('.');
  return [name.slice(0, dot), name.slice(dot + 1)];
}
