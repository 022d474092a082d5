import { MillraceError } from '@millrace/runtime';
import { atField } from './at-field.ts';
import type { ByteWriter } from './byte-writer.ts';
import { parseDecimal, toTwosComplement } from './decimal.ts';
import type { AvroType, RecordType } from './schema.ts';

/** @throws MillraceError internal_error with what is wrong, and in `param` the path of the value: never the value */
export type Encode = (writer: ByteWriter, value: unknown) => void;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return text.length === 36 && uuidPattern.test(text);
}

export function compileEncoder(type: AvroType): Encode {
  switch (type.kind) {
    case 'boolean':
      return (writer, value) => {
        if (typeof value !== 'boolean') throw refuse(value, 'a boolean');
        writer.writeByte(value ? 1 : 0);
      };
    case 'int':
      return (writer, value) => {
        if (typeof value !== 'number' || (value | 0) !== value) throw refuse(value, 'a whole number of 32 bits');
        writer.writeLong(value);
      };
    case 'long':
    case 'timestamp':
      return (writer, value) => {
        if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
          throw refuse(value, 'a whole number below 2^53');
        }
        writer.writeLong(value);
      };
    case 'float':
    case 'double': {
      const single = type.kind === 'float';
      return (writer, value) => {
        if (typeof value !== 'number') throw refuse(value, 'a number');
        if (single) writer.writeFloat(value);
        else writer.writeDouble(value);
      };
    }
    case 'string':
      return (writer, value) => {
        if (typeof value !== 'string' || !value.isWellFormed()) throw refuse(value, 'a string of valid Unicode');
        writer.writeString(value);
      };
    case 'uuid':
      return (writer, value) => {
        if (typeof value !== 'string' || !isUuid(value)) throw refuse(value, 'a UUID in lower case');
        writer.writeString(value);
      };
    case 'bytes':
      return (writer, value) => {
        if (!(value instanceof Uint8Array)) throw refuse(value, 'a Uint8Array');
        writer.writeBytes(value);
      };
    case 'fixed': {
      const { size } = type;
      return (writer, value) => {
        if (!(value instanceof Uint8Array) || value.length !== size) {
          throw refuse(value, `a Uint8Array of ${size} bytes`);
        }
        writer.writeFixed(value);
      };
    }
    case 'decimal':
      return decimalEncoder(type.precision, type.scale);
    case 'enum':
      return enumEncoder(type.symbols);
    case 'nullable': {
      const encode = compileEncoder(type.value);
      return (writer, value) => {
        if (value === null) {
          writer.writeByte(0);
          return;
        }
        writer.writeByte(2);
        encode(writer, value);
      };
    }
    case 'array':
      return arrayEncoder(compileEncoder(type.items));
    case 'map':
      return mapEncoder(compileEncoder(type.values));
    case 'record':
      return recordEncoder(type);
  }
}

function decimalEncoder(precision: number, scale: number): Encode {
  return (writer, value) => {
    const unscaled = typeof value === 'string' ? parseDecimal(value, precision, scale) : undefined;
    if (unscaled === undefined) {
      throw refuse(value, `a decimal as a string, of at most ${precision} digits, ${scale} of them after the point`);
    }
    writer.writeBytes(toTwosComplement(unscaled));
  };
}

function enumEncoder(symbols: readonly string[]): Encode {
  const indexes = new Map<unknown, number>(symbols.map((symbol, index) => [symbol, index]));
  return (writer, value) => {
    const index = indexes.get(value);
    if (index === undefined) throw refuse(value, `one of ${symbols.join(', ')}`);
    writer.writeLong(index);
  };
}

function arrayEncoder(encode: Encode): Encode {
  return (writer, value) => {
    if (!Array.isArray(value)) throw refuse(value, 'an array');
    const { length } = value;
    let index = 0;
    try {
      if (length > 0) writer.writeLong(length);
      for (; index < length; index++) encode(writer, value[index]);
    } catch (error) {
      throw atField(error, `[${index}]`);
    }
    writer.writeByte(0);
  };
}

function mapEncoder(encode: Encode): Encode {
  return (writer, value) => {
    if (!isPlainObject(value)) throw refuse(value, 'an object');
    const keys = Object.keys(value);
    if (keys.length > 0) writer.writeLong(keys.length);
    for (const key of keys) {
      try {
        if (!key.isWellFormed()) throw refuse(key, 'a string of valid Unicode');
        writer.writeString(key);
        encode(writer, value[key]);
      } catch (error) {
        // Keys can be content: the error must not show them.
        throw atField(error, '[…]');
      }
    }
    writer.writeByte(0);
  };
}

function recordEncoder(type: RecordType): Encode {
  const fields = type.fields.map((field) => ({ name: field.name, encode: compileEncoder(field.type) }));
  return (writer, value) => {
    if (!isPlainObject(value)) throw refuse(value, 'an object');
    let name = '';
    try {
      for (const field of fields) {
        ({ name } = field);
        field.encode(writer, value[name]);
      }
    } catch (error) {
      throw atField(error, name);
    }
  };
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(value: unknown, expected: string): MillraceError {
  return new MillraceError('internal_error', `must be ${expected}, but is ${describe(value)}`, { param: '' });
}

/** What kind of value it is, without anything of what is in it. */
function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Uint8Array) return `a Uint8Array of ${value.length} bytes`;
  if (typeof value === 'string') return `a string of ${value.length} UTF-16 units`;
  if (typeof value === 'object') return 'an object';
  return `another ${typeof value}`;
}
