import { breachesOf, canonicalForm, type AvroSchema, type Breach, type SchemaFile } from '@millrace/contracts';
import type { SchemaRegistry } from './registry.ts';

/** A breach between a version that a registry has and one of a file. */
export interface RegistryBreach extends Breach {
  readonly schema: string;
  readonly subject: string;
  /** The version in the registry, and that of the file. */
  readonly registered: number;
  readonly version: number;
  /** Which of the two cannot read what the other has written. */
  readonly reader: 'registry' | 'file';
}

export interface RegistryReport {
  readonly url: string;
  /** Subjects whose schemas are Millrace's, by the name of the record, whatever the subject is called. */
  readonly subjects: number;
  readonly versions: number;
  /** Versions that are in no file: somebody else has registered them. */
  readonly foreign: readonly { readonly subject: string; readonly registered: number }[];
  readonly breaches: readonly RegistryBreach[];
}

/**
 * Compares what a registry has with the files: one that is the same as a file with that alone, any other with each version, in both
 * directions.
 */
export async function checkRegistry(
  registry: SchemaRegistry,
  files: readonly SchemaFile[],
): Promise<RegistryReport> {
  const present = [];
  for (const subject of await registry.subjects()) present.push(...(await ours(registry, subject, files)));
  const compared = present.map((each) => {
    const same = each.versions.find(({ schema }) => canonicalForm(schema) === canonicalForm(each.schema));
    return { ...each, same, against: same === undefined ? each.versions : [same] };
  });
  return {
    url: registry.url,
    subjects: new Set(present.map(({ subject }) => subject)).size,
    versions: present.length,
    foreign: compared
      .filter(({ same }) => same === undefined)
      .map(({ subject, registered }) => ({ subject, registered })),
    breaches: compared.flatMap(({ subject, registered, schema, against }) =>
      against.flatMap((file) => {
        const place = { schema: file.name, subject, registered, version: file.version };
        return [
          ...breachesOf(file.schema, schema).map((breach) => ({ ...place, reader: 'file' as const, ...breach })),
          ...breachesOf(schema, file.schema).map((breach) => ({
            ...place,
            reader: 'registry' as const,
            ...breach,
          })),
        ];
      }),
    ),
  };
}

interface Registered {
  readonly subject: string;
  readonly registered: number;
  readonly schema: AvroSchema;
  /** The files of this record. */
  readonly versions: readonly SchemaFile[];
}

/** The versions of a subject, where its latest is a record of ours. */
async function ours(
  registry: SchemaRegistry,
  subject: string,
  files: readonly SchemaFile[],
): Promise<readonly Registered[]> {
  const numbers = await registry.versions(subject);
  const read = async (registered: number): Promise<Registered | undefined> => {
    const schema = parsed(await registry.schema(subject, registered));
    const versions = files.filter((file) => recordName(file.schema) === recordName(schema));
    return schema === undefined || versions.length === 0 ? undefined : { subject, registered, schema, versions };
  };
  const [last, ...earlier] = numbers.toReversed();
  if (last === undefined) return [];
  const latest = await read(last);
  if (latest === undefined) return [];
  const found = [latest];
  for (const number of earlier) {
    const version = await read(number);
    if (version !== undefined) found.unshift(version);
  }
  return found;
}

/** Undefined: it is no Avro schema, such as JSON Schema or Protobuf. */
function parsed(text: string): AvroSchema | undefined {
  try {
    return JSON.parse(text) as AvroSchema;
  } catch {
    return undefined;
  }
}

/** The full name of a record; undefined: it is none. */
export function recordName(schema: AvroSchema | undefined): string | undefined {
  if (typeof schema !== 'object' || !('type' in schema)) return undefined;
  const { name, namespace } = schema;
  if (name === undefined) return undefined;
  return namespace === undefined || name.includes('.') ? name : `${namespace}.${name}`;
}
