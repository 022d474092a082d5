import { avroType } from '../avro-types.ts';
import type { SchemaFile } from '../schema-files.ts';
import { breachesOf, type Breach } from './breaches.ts';

/** A breach between two versions of a schema. */
export interface VersionBreach extends Breach {
  readonly schema: string;
  /** The version by which is read, and the one that has written. The older one reads: forward; the newer one: backward. */
  readonly reader: number;
  readonly writer: number;
}

/** A breach that is known and stands: `schemas/compatibility.json` has them. */
export interface CompatibilityException {
  readonly schema: string;
  readonly readers: readonly number[];
  readonly writers: readonly number[];
  readonly path: string;
  readonly rule: string;
  readonly reason: string;
}

export interface CompatibilityReport {
  readonly schemas: number;
  readonly versions: number;
  /** Pairs of versions that were compared, each in both directions. */
  readonly pairs: number;
  readonly breaches: readonly VersionBreach[];
  /** Breaches that an exception has. */
  readonly excepted: readonly (VersionBreach & { readonly reason: string })[];
  /** Exceptions that no breach needs. */
  readonly needless: readonly CompatibilityException[];
  /** Files that are no Avro schema. */
  readonly invalid: readonly { readonly schema: string; readonly version: number; readonly detail: string }[];
}

/** Compares each version with all earlier ones, in both directions: full transitive. */
export function checkCompatibility(
  files: readonly SchemaFile[],
  exceptions: readonly CompatibilityException[] = [],
): CompatibilityReport {
  const invalid = files.flatMap(({ name, version, schema }) => {
    const detail = problemOf(() => avroType(schema));
    return detail === undefined ? [] : [{ schema: name, version, detail }];
  });
  const valid = files.filter(
    ({ name, version }) => !invalid.some((each) => each.schema === name && each.version === version),
  );
  const pairs = valid.flatMap((newer) =>
    valid
      .filter(({ name, version }) => name === newer.name && version < newer.version)
      .map((older) => ({ older, newer })),
  );
  const all = pairs.flatMap(({ older, newer }) => [...between(newer, older), ...between(older, newer)]);
  const exceptionFor = (breach: VersionBreach) => exceptions.find((exception) => covers(exception, breach));
  return {
    schemas: new Set(files.map(({ name }) => name)).size,
    versions: files.length,
    pairs: pairs.length,
    breaches: all.filter((breach) => exceptionFor(breach) === undefined),
    excepted: all.flatMap((breach) => {
      const exception = exceptionFor(breach);
      return exception === undefined ? [] : [{ ...breach, reason: exception.reason }];
    }),
    needless: exceptions.filter((exception) => !all.some((breach) => covers(exception, breach))),
    invalid,
  };
}

function between(reader: SchemaFile, writer: SchemaFile): readonly VersionBreach[] {
  return breachesOf(reader.schema, writer.schema).map((breach) => ({
    schema: reader.name,
    reader: reader.version,
    writer: writer.version,
    ...breach,
  }));
}

function covers(exception: CompatibilityException, breach: VersionBreach): boolean {
  return (
    exception.schema === breach.schema &&
    exception.path === breach.path &&
    exception.rule === breach.rule &&
    exception.readers.includes(breach.reader) &&
    exception.writers.includes(breach.writer)
  );
}

function problemOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
