import type { Resolver, Type } from 'avsc';
import { MillraceError } from '@millrace/runtime';
import { avroType } from './avro-types.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { EventTypes, SchemaName } from './generated/events.ts';
import { readSchemaFiles, schemaFolder, type AvroObject, type AvroSchema } from './schema-files.ts';

export interface Codec {
  /**
   * Encodes by the latest version of a schema, in single-object encoding: `C3 01`, fingerprint, body.
   *
   * @throws `internal_error` naming the first field that does not fit
   */
  encode<Name extends SchemaName>(name: Name, value: EventTypes[Name]): Uint8Array;
  /**
   * Decodes what any known version wrote, into the shape of the latest.
   *
   * @throws `schema_unknown`, `message_corrupt`
   */
  decode<Name extends SchemaName>(name: Name, message: Uint8Array): EventTypes[Name];
  /** Decodes a message by the schema that it names, in the shape of the version that wrote it. @throws as `decode` */
  decodeAny(message: Uint8Array): DecodedMessage;
  /** The schema that a message names, as it was published; nothing is decoded. @throws as `decode` */
  writerOf(message: Uint8Array): WriterSchema;
  /**
   * Makes messages of the bodies that somebody else wrote by a schema of theirs. One of ours is kept to the byte; any other has to be
   * readable as the latest.
   *
   * @throws `schema_unknown` when it is not; the function it returns: `message_corrupt`
   */
  translator(name: SchemaName, writer: AvroSchema): (body: Uint8Array) => Uint8Array;
}

export interface WriterSchema {
  readonly name: SchemaName;
  readonly version: number;
  readonly schema: AvroObject;
  /** Where the body begins in the message, behind the marker and the fingerprint. */
  readonly bodyOffset: number;
}

export interface DecodedMessage {
  readonly name: SchemaName;
  readonly version: number;
  readonly value: unknown;
}

interface Version {
  readonly writer: WriterSchema;
  readonly name: string;
  readonly version: number;
  readonly type: Type;
  readonly header: Buffer;
  /** Undefined for the latest version itself. */
  readonly resolver: Resolver | undefined;
}

const marker = [0xc3, 0x01] as const;
const headerBytes = 10;

/** A codec for all the schemas of a folder. Loads them once: a few milliseconds. */
export function createCodec(folder: string = schemaFolder): Codec {
  const { latest, byFingerprint } = load(folder);

  const versionOf = (message: Uint8Array): Version => {
    if (message.length < headerBytes || message[0] !== marker[0] || message[1] !== marker[1]) {
      throw new MillraceError('message_corrupt', 'The message is not an Avro single object.');
    }
    const fingerprint = Buffer.from(message.buffer, message.byteOffset + 2, 8).toString('hex');
    const version = byFingerprint.get(fingerprint);
    if (version === undefined)
      throw new MillraceError('schema_unknown', `No schema has the fingerprint ${fingerprint}.`);
    return version;
  };

  return {
    encode(name, value) {
      const { type, header } = latest.get(name) as Version;
      try {
        return Buffer.concat([header, type.toBuffer(value)]);
      } catch (cause) {
        throw new MillraceError(
          'internal_error',
          `A ${name} cannot be encoded: ${invalidPath(type, value)}.`,
          { cause },
        );
      }
    },
    decode(name, message) {
      const writer = versionOf(message);
      if (writer.name !== name) {
        throw new MillraceError('message_corrupt', `The message is a ${writer.name}, not a ${name}.`);
      }
      return body((latest.get(name) as Version).type, writer, message) as EventTypes[typeof name];
    },
    decodeAny(message) {
      const writer = versionOf(message);
      const value = body(writer.type, { ...writer, resolver: undefined }, message);
      return { name: writer.name as SchemaName, version: writer.version, value };
    },
    writerOf: (message) => versionOf(message).writer,
    translator(name, schema) {
      const own = byFingerprint.get(fingerprintText(schema));
      if (own?.name === name) return (bytes) => Buffer.concat([own.header, bytes]);
      const { type, header } = latest.get(name) as Version;
      const [written, resolver] = resolve(name, type, schema);
      return (bytes) =>
        Buffer.concat([header, type.toBuffer(readForeign(name, type, written, resolver, bytes))]);
    },
  };
}

function load(folder: string): {
  readonly latest: Map<string, Version>;
  readonly byFingerprint: Map<string, Version>;
} {
  const latest = new Map<string, Version>();
  const byFingerprint = new Map<string, Version>();
  for (const { name, version, schema } of readSchemaFiles(folder).toReversed()) {
    const type = avroType(schema);
    const fingerprint = fingerprintOf(schema);
    const reader = latest.get(name);
    const entry: Version = {
      writer: {
        name: name as SchemaName,
        version,
        schema: schema as AvroObject,
        bodyOffset: headerBytes,
      },
      name,
      version,
      type,
      header: Buffer.concat([Buffer.from(marker), fingerprint]),
      resolver: reader?.type.createResolver(type),
    };
    if (reader === undefined) latest.set(name, entry);
    byFingerprint.set(Buffer.from(fingerprint).toString('hex'), entry);
  }
  return { latest, byFingerprint };
}

function body(reader: Type, writer: Version, message: Uint8Array): unknown {
  const bytes = Buffer.from(message.buffer, message.byteOffset + headerBytes, message.length - headerBytes);
  try {
    return reader.fromBuffer(bytes, writer.resolver);
  } catch (cause) {
    throw new MillraceError(
      'message_corrupt',
      `The body of a ${writer.name} v${writer.version} cannot be decoded.`,
      { cause },
    );
  }
}

function fingerprintText(schema: AvroSchema): string {
  try {
    return Buffer.from(fingerprintOf(schema)).toString('hex');
  } catch {
    // No schema of ours; what is wrong with it is found when it is read.
    return '';
  }
}

function resolve(name: string, reader: Type, schema: AvroSchema): [Type, Resolver] {
  try {
    const writer = avroType(schema);
    return [writer, reader.createResolver(writer)];
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError('schema_unknown', `The schema cannot be read as a ${name}: ${why}.`, { cause });
  }
}

function readForeign(
  name: string,
  reader: Type,
  writer: Type,
  resolver: Resolver,
  bytes: Uint8Array,
): unknown {
  try {
    return reader.fromBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), resolver);
  } catch (cause) {
    throw new MillraceError(
      'message_corrupt',
      `The body of a ${name} cannot be decoded by the schema that its record names (${writer.name ?? writer.typeName}).`,
      { cause },
    );
  }
}

/** Where a value does not fit its type. Names the place, never the value. */
function invalidPath(type: Type, value: unknown): string {
  let found = 'it does not fit the schema';
  type.isValid(value, {
    errorHook: (path: string[], _value: unknown, expected: Type) => {
      found = `${path.join('.')} is not a valid ${expected.typeName}`;
    },
  });
  return found;
}
