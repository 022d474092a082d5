import { MillraceError } from '@millrace/runtime';
import { ByteWriter } from './byte-writer.ts';
import { compileEncoder } from './encoder.ts';
import { formatDecimal, fromTwosComplement } from './decimal.ts';
import type { AvroType, RecordField } from './schema.ts';

/**
 * Makes the value of a field that the writer did not know. Each call makes a new one, so that none is shared.
 *
 * @throws MillraceError config_invalid when the field has no default, or one that does not fit its type
 */
export function defaultValueOf(field: RecordField): () => unknown {
  if (field.defaultValue === undefined) {
    throw new MillraceError('config_invalid', `Avro schema: the new field ${field.name} has no default`);
  }
  const make = () => convert(field.type, field.defaultValue);
  try {
    compileEncoder(field.type)(new ByteWriter(), make());
  } catch (cause) {
    throw new MillraceError('config_invalid', `Avro schema: the default of ${field.name} does not fit its type`, {
      cause,
    });
  }
  return make;
}

function convert(type: AvroType, json: unknown): unknown {
  switch (type.kind) {
    case 'bytes':
    case 'fixed':
      return typeof json === 'string' ? new Uint8Array(Buffer.from(json, 'latin1')) : json;
    case 'decimal': {
      if (typeof json !== 'string') return json;
      return formatDecimal(fromTwosComplement(Buffer.from(json, 'latin1'), type.precision), type.scale);
    }
    case 'nullable':
      // The default of a union belongs to its first branch, which is null; newer Avro allows any.
      return json === null ? null : convert(type.value, json);
    case 'array':
      return Array.isArray(json) ? json.map((item: unknown) => convert(type.items, item)) : json;
    case 'map':
      return mapEntries(json, (_, value) => convert(type.values, value));
    case 'record': {
      const present = mapEntries(json, (name, value) => {
        const field = type.fields.find((candidate) => candidate.name === name);
        return field === undefined ? value : convert(field.type, value);
      });
      const missing = type.fields.map((field) => [field.name, convert(field.type, field.defaultValue)]);
      return typeof present === 'object' ? { ...Object.fromEntries(missing), ...present } : present;
    }
    default:
      return json;
  }
}

function mapEntries(json: unknown, change: (name: string, value: unknown) => unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, change(name, value)]));
}
