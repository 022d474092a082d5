import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** The folder of the published schemas. */
export const schemaFolder = fileURLToPath(new URL('../../../schemas/', import.meta.url));

/** One published version of a schema: the file `<name>.v<version>.avsc`. */
export interface SchemaFile {
  readonly name: string;
  readonly version: number;
  readonly schema: AvroSchema;
}

/** A parsed Avro schema, with the attributes that Millrace's own use. */
export type AvroSchema = string | readonly AvroSchema[] | AvroObject;

export interface AvroObject {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly logicalType?: string;
  readonly precision?: number;
  readonly scale?: number;
  readonly size?: number;
  readonly aliases?: readonly string[];
  readonly symbols?: readonly string[];
  /** Of an enum: what a symbol is read as that the reader does not know. */
  readonly default?: unknown;
  readonly items?: AvroSchema;
  readonly values?: AvroSchema;
  readonly fields?: readonly AvroField[];
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly aliases?: readonly string[];
  readonly default?: unknown;
  readonly doc?: string;
  readonly unit?: string;
  readonly privacy?: string;
}

/** All versions of all schemas of a folder, by name and version. */
export function readSchemaFiles(folder: string = schemaFolder): readonly SchemaFile[] {
  return readdirSync(folder)
    .flatMap((file) => {
      const match = /^([a-z.]+)\.v(\d+)\.avsc$/.exec(file);
      if (match === null) return [];
      const schema = JSON.parse(readFileSync(join(folder, file), 'utf8')) as AvroSchema;
      return [{ name: match[1] as string, version: Number(match[2]), schema }];
    })
    .toSorted((a, b) => a.name.localeCompare(b.name) || a.version - b.version);
}
