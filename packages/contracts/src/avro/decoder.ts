import { MillraceError } from '@millrace/runtime';
import { atField } from './at-field.ts';
import type { ByteReader } from './byte-reader.ts';
import { formatDecimal, fromTwosComplement } from './decimal.ts';
import { defaultValueOf } from './default-value.ts';
import { isUuid } from './encoder.ts';
import { shortName, type AvroType, type EnumType, type RecordType } from './schema.ts';

/** @throws MillraceError message_corrupt with what is wrong, and in `param` the path of the value */
export type Decode = (reader: ByteReader) => unknown;

const read = {
  boolean: (reader) => reader.readBoolean(),
  int: (reader) => reader.readInt(),
  long: (reader) => reader.readLong(),
  timestamp: (reader) => reader.readLong(),
  float: (reader) => reader.readFloat(),
  double: (reader) => reader.readDouble(),
  string: (reader) => reader.readString(),
  bytes: (reader) => reader.readBytes(),
} satisfies Record<string, Decode>;

/** What a reader of the key can also read: the promotions of the Avro specification, and logical types as what they are. */
const readableAs: Readonly<Record<string, readonly string[]>> = {
  boolean: ['boolean'],
  int: ['int'],
  long: ['long', 'timestamp', 'int'],
  timestamp: ['timestamp', 'long', 'int'],
  float: ['float', 'int', 'long', 'timestamp'],
  double: ['double', 'float', 'int', 'long', 'timestamp'],
  string: ['string', 'uuid'],
  bytes: ['bytes', 'decimal'],
};

/**
 * Reads what was written with one schema as a value of another ("schema resolution" in the Avro specification).
 *
 * @throws MillraceError config_invalid when the schemas do not fit together
 */
export function compileDecoder(writer: AvroType, reader: AvroType): Decode {
  if (writer.kind === 'nullable') return nullableDecoder(writer.value, reader);
  if (reader.kind === 'nullable') return compileDecoder(writer, reader.value);
  if (reader.kind === 'array' && writer.kind === 'array') {
    return arrayDecoder(compileDecoder(writer.items, reader.items));
  }
  if (reader.kind === 'map' && writer.kind === 'map') {
    return mapDecoder(compileDecoder(writer.values, reader.values));
  }
  if (reader.kind === 'decimal') {
    const { precision, scale } = reader;
    const fits = writer.kind === 'decimal' && writer.precision === precision && writer.scale === scale;
    if (!fits) throw mismatch(writer, reader);
    return (bytes) => formatDecimal(fromTwosComplement(bytes.readBytes(), precision), scale);
  }
  if (reader.kind === 'uuid') {
    if (writer.kind !== 'uuid' && writer.kind !== 'string') throw mismatch(writer, reader);
    return readUuid;
  }
  if (reader.kind === 'record' || reader.kind === 'enum' || reader.kind === 'fixed') {
    return namedDecoder(writer, reader);
  }
  if (readableAs[reader.kind]?.includes(writer.kind) !== true) throw mismatch(writer, reader);
  if (writer.kind === 'uuid') return read.string;
  if (writer.kind === 'decimal') return read.bytes;
  return read[writer.kind as keyof typeof read];
}

function namedDecoder(writer: AvroType, reader: AvroType): Decode {
  const sameName = 'name' in writer && 'name' in reader && shortName(writer.name) === shortName(reader.name);
  if (sameName && writer.kind === 'record' && reader.kind === 'record') return recordDecoder(writer, reader);
  if (sameName && writer.kind === 'enum' && reader.kind === 'enum') return enumDecoder(writer, reader);
  if (sameName && writer.kind === 'fixed' && reader.kind === 'fixed' && writer.size === reader.size) {
    const { size } = reader;
    return (bytes) => bytes.readFixed(size);
  }
  throw mismatch(writer, reader);
}

function readUuid(reader: ByteReader): string {
  const text = reader.readString();
  if (!isUuid(text)) throw corrupt('it is not a UUID in lower case');
  return text;
}

function nullableDecoder(writer: AvroType, reader: AvroType): Decode {
  const nullAllowed = reader.kind === 'nullable';
  const decode = compileDecoder(writer, nullAllowed ? reader.value : reader);
  return (bytes) => {
    const branch = bytes.readLong();
    if (branch === 1) return decode(bytes);
    if (branch !== 0) throw corrupt(`a union has no branch ${branch}`);
    if (!nullAllowed) throw corrupt('it is null, which the latest version does not allow');
    return null;
  };
}

function arrayDecoder(decode: Decode): Decode {
  return (reader) => {
    const items: unknown[] = [];
    try {
      for (let count = reader.readBlockCount(); count !== 0; count = reader.readBlockCount()) {
        for (; count > 0; count--) items.push(decode(reader));
      }
    } catch (error) {
      throw atField(error, `[${items.length}]`);
    }
    return items;
  };
}

function mapDecoder(decode: Decode): Decode {
  return (reader) => {
    const entries: Record<string, unknown> = {};
    for (let count = reader.readBlockCount(); count !== 0; count = reader.readBlockCount()) {
      for (; count > 0; count--) {
        const key = reader.readString();
        const value = decode(reader);
        if (key === '__proto__') {
          Object.defineProperty(entries, key, { value, enumerable: true, configurable: true, writable: true });
        } else entries[key] = value;
      }
    }
    return entries;
  };
}

function enumDecoder(writer: EnumType, reader: EnumType): Decode {
  const symbols = writer.symbols.map((symbol) =>
    reader.symbols.includes(symbol) ? symbol : reader.defaultSymbol,
  );
  return (bytes) => {
    const index = bytes.readLong();
    const symbol = symbols[index];
    if (symbol === undefined) throw corrupt(`${shortName(reader.name)} has no symbol ${index}`);
    return symbol;
  };
}

function recordDecoder(writer: RecordType, reader: RecordType): Decode {
  const writerName = (name: string, aliases: readonly string[]) =>
    [name, ...aliases].find((candidate) => writer.fields.some((field) => field.name === candidate));
  const targets = new Map(reader.fields.map((field) => [writerName(field.name, field.aliases), field]));
  const steps = writer.fields.map((field) => {
    const target = targets.get(field.name);
    return { name: target?.name, decode: compileDecoder(field.type, target?.type ?? field.type), field: field.name };
  });
  const defaults = reader.fields
    .filter((field) => writerName(field.name, field.aliases) === undefined)
    .map((field) => ({ name: field.name, make: defaultValueOf(field) }));
  return (bytes) => {
    const record: Record<string, unknown> = {};
    let at = '';
    try {
      for (const step of steps) {
        at = step.field;
        const value = step.decode(bytes);
        if (step.name !== undefined) record[step.name] = value;
      }
    } catch (error) {
      throw atField(error, at);
    }
    for (const item of defaults) record[item.name] = item.make();
    return record;
  };
}

function corrupt(what: string): MillraceError {
  return new MillraceError('message_corrupt', what);
}

function mismatch(writer: AvroType, reader: AvroType): MillraceError {
  const title = (type: AvroType) => ('name' in type ? `${type.kind} ${type.name}` : type.kind);
  return new MillraceError('config_invalid', `Avro schema: ${title(writer)} cannot be read as ${title(reader)}`);
}
