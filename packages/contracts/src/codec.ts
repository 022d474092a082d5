import { MillraceError } from '@millrace/runtime';
import { ByteReader } from './avro/byte-reader.ts';
import { ByteWriter } from './avro/byte-writer.ts';
import { compileDecoder, type Decode } from './avro/decoder.ts';
import { compileEncoder, type Encode } from './avro/encoder.ts';
import type { EventTypes, SchemaName } from './generated/events.ts';
import { readSchemaFiles, schemaDirectory } from './schema-files.ts';

/** A decoded event with the schema that it was written with; its value has the shape of the latest version. */
export type DecodedEvent = {
  readonly [Name in SchemaName]: {
    readonly name: Name;
    readonly version: number;
    readonly value: EventTypes[Name];
  };
}[SchemaName];

/** Avro with single-object encoding: `C3 01`, the CRC-64-AVRO fingerprint of the schema in little endian, then the body. */
export interface Codec {
  /**
   * Encodes with the latest version. Fields that the schema does not have are left out.
   *
   * @throws MillraceError internal_error when the value does not fit: names the path, never shows what is there
   */
  encode<Name extends SchemaName>(name: Name, value: EventTypes[Name]): Uint8Array;

  /**
   * Decodes any known version of this schema as the latest one. `bytes` and `fixed` fields are views into the message:
   * copy what should outlive it.
   *
   * @throws MillraceError message_corrupt when it is none, or is cut off, or too long, or of another schema;
   *   schema_unknown when its fingerprint is not known
   */
  decode<Name extends SchemaName>(name: Name, bytes: Uint8Array): EventTypes[Name];

  /** As `decode`, for a message of any schema. @throws MillraceError as `decode` */
  decodeAny(bytes: Uint8Array): DecodedEvent;

  /** The fingerprint as 16 hexadecimal digits, most significant first. @throws MillraceError schema_unknown */
  fingerprint(name: SchemaName, version: number): string;
}

interface Writer {
  readonly header: Uint8Array;
  readonly encode: Encode;
}

interface Reader {
  readonly name: string;
  readonly version: number;
  readonly decode: Decode;
}

const marker = [0xc3, 0x01] as const;
const headerBytes = 10;

/** The codec of the schemas of this repository. @throws MillraceError as `createCodec` */
export function loadCodec(): Codec {
  return createCodec(schemaDirectory);
}

/**
 * Reads and compiles all schemas of a directory; do it once, at start.
 *
 * @throws MillraceError part_missing or config_invalid when the schemas are missing, wrong, or when an older version cannot
 *   be read as the latest
 */
export function createCodec(directory: string = schemaDirectory): Codec {
  const writers = new Map<string, Writer>();
  const readers = new Map<bigint, Reader>();
  const fingerprints = new Map<string, string>();
  const scratch = new ByteWriter();

  const files = readSchemaFiles(directory);
  const latest = new Map(files.map((file) => [file.name, file]));
  for (const { name, version, type, fingerprint } of files) {
    const newest = latest.get(name)?.type ?? type;
    readers.set(fingerprint, { name, version, decode: compileDecoder(type, newest) });
    fingerprints.set(`${name} v${version}`, fingerprint.toString(16).padStart(16, '0'));
    // The files are in the order of their versions: the last one stays.
    writers.set(name, { header: headerOf(fingerprint), encode: compileEncoder(type) });
  }

  const readerOf = (bytes: Uint8Array): Reader => {
    if (bytes.length < headerBytes || bytes[0] !== marker[0] || bytes[1] !== marker[1]) {
      throw new MillraceError('message_corrupt', 'the message is not in single-object encoding');
    }
    const fingerprint = readFingerprint(bytes);
    const reader = readers.get(fingerprint);
    if (reader === undefined) {
      const digits = fingerprint.toString(16).padStart(16, '0');
      throw new MillraceError('schema_unknown', `the message names the unknown schema ${digits}`);
    }
    return reader;
  };

  return {
    encode(name, value) {
      const writer = writers.get(name);
      if (writer === undefined) throw new MillraceError('schema_unknown', `there is no schema ${name}`);
      scratch.reset();
      scratch.writeFixed(writer.header);
      try {
        writer.encode(scratch, value);
      } catch (error) {
        throw describeError(error, name);
      }
      return scratch.take();
    },
    decode<Name extends SchemaName>(name: Name, bytes: Uint8Array) {
      const reader = readerOf(bytes);
      if (reader.name !== name) {
        throw new MillraceError('message_corrupt', `the message is a ${reader.name}, not a ${name}`);
      }
      return readBody(reader, bytes) as EventTypes[Name];
    },
    decodeAny(bytes) {
      const reader = readerOf(bytes);
      return { name: reader.name, version: reader.version, value: readBody(reader, bytes) } as DecodedEvent;
    },
    fingerprint(name, version) {
      const fingerprint = fingerprints.get(`${name} v${version}`);
      if (fingerprint === undefined) {
        throw new MillraceError('schema_unknown', `there is no schema ${name} v${version}`);
      }
      return fingerprint;
    },
  };
}

function headerOf(fingerprint: bigint): Uint8Array {
  const header = Buffer.alloc(headerBytes);
  header.set(marker);
  header.writeBigUInt64LE(fingerprint, marker.length);
  return header;
}

function readFingerprint(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, headerBytes).getBigUint64(marker.length, true);
}

function readBody(reader: Reader, bytes: Uint8Array): unknown {
  const body = new ByteReader(bytes, headerBytes);
  let value: unknown;
  try {
    value = reader.decode(body);
  } catch (error) {
    throw describeError(error, `${reader.name} v${reader.version}`);
  }
  if (body.remaining > 0) {
    const title = `${reader.name} v${reader.version}`;
    throw new MillraceError('message_corrupt', `${title}: ${body.remaining} bytes follow its end`);
  }
  return value;
}

/** The path belongs to the event, not to what a client wrote: it moves from `param` into the message. */
function describeError(error: unknown, title: string): unknown {
  if (!(error instanceof MillraceError)) return error;
  const path = error.param === undefined || error.param === '' ? '' : `${error.param}: `;
  return new MillraceError(error.code, `${title}: ${path}${error.message}`, { cause: error.cause });
}
