import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '@millrace/runtime';
import { fingerprintOf } from './avro/fingerprint.ts';
import { parseSchema, type RecordType } from './avro/schema.ts';

/** A published schema: one file, which never changes again. */
export interface SchemaFile {
  /** Of the event, such as `request.received`. */
  readonly name: string;
  readonly version: number;
  readonly type: RecordType;
  readonly fingerprint: bigint;
  /** The JSON of the file. */
  readonly json: unknown;
}

const fileName = /^([a-z]+(?:\.[a-z]+)*)\.v([1-9]\d*)\.avsc$/;

/** `schemas/` at the root of the repository. */
export const schemaDirectory: string = fileURLToPath(new URL('../../../schemas', import.meta.url));

/**
 * Reads all `<event>.v<version>.avsc` of a directory, by name and then by version.
 *
 * @throws MillraceError part_missing when it cannot be read; config_invalid for a bad file name or schema, and when two
 *   versions have the same fingerprint
 */
export function readSchemaFiles(directory: string = schemaDirectory): readonly SchemaFile[] {
  const files = listFiles(directory).map((file) => readSchemaFile(directory, file));
  if (files.length === 0) throw new MillraceError('part_missing', `there are no Avro schemas in ${directory}`);
  for (const file of files) {
    const twin = files.find((other) => other !== file && other.fingerprint === file.fingerprint);
    if (twin === undefined) continue;
    const titles = `${file.name} v${file.version} and ${twin.name} v${twin.version}`;
    throw new MillraceError('config_invalid', `the schemas ${titles} have the same fingerprint`);
  }
  return files.toSorted((a, b) => (a.name === b.name ? a.version - b.version : a.name < b.name ? -1 : 1));
}

function listFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((file) => file.endsWith('.avsc'));
  } catch (cause) {
    throw new MillraceError('part_missing', `the Avro schemas in ${directory} cannot be read`, { cause });
  }
}

function readSchemaFile(directory: string, file: string): SchemaFile {
  const match = fileName.exec(file);
  if (match === null) {
    throw new MillraceError('config_invalid', `${file} is not named <event>.v<version>.avsc`);
  }
  try {
    const json: unknown = JSON.parse(readFileSync(join(directory, file), 'utf8'));
    const type = parseSchema(json);
    if (type.kind !== 'record') throw new MillraceError('config_invalid', 'Avro schema: it is not a record');
    return { name: match[1] ?? '', version: Number(match[2]), type, fingerprint: fingerprintOf(type), json };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError('config_invalid', `${file}: ${why}`, { cause });
  }
}
