import avro, { type Type } from 'avsc';
import { decimalBytes } from './decimal-bytes.ts';
import type { AvroSchema } from './schema-files.ts';

/** `decimal` over bytes, as a decimal string with all the digits of its scale: `"0.0000123000"`. */
class DecimalType extends avro.types.LogicalType {
  readonly #scale: number;

  constructor(schema: avro.Schema & { readonly scale?: number }, options?: object) {
    super(schema, options);
    this.#scale = schema.scale ?? 0;
  }

  protected override _fromValue(bytes: Buffer): string {
    const unscaled =
      bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
    const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(this.#scale + 1, '0');
    const sign = unscaled < 0n ? '-' : '';
    if (this.#scale === 0) return sign + digits;
    return `${sign}${digits.slice(0, -this.#scale)}.${digits.slice(-this.#scale)}`;
  }

  protected override _toValue(text: unknown): Buffer | undefined {
    const match = typeof text === 'string' ? /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) : null;
    if (match === null || (match[3] ?? '').length > this.#scale) return undefined;
    return decimalBytes(BigInt(`${match[1]}${match[2]}${(match[3] ?? '').padEnd(this.#scale, '0')}`));
  }

  protected override _resolve(type: Type): ((value: unknown) => unknown) | undefined {
    if (type instanceof DecimalType && type.#scale === this.#scale) return (value) => value;
    return undefined;
  }
}

/** `bytes` and `fixed` as any `Uint8Array`; `avsc` alone takes only a `Buffer`. */
class BytesView extends avro.types.LogicalType {
  protected override _fromValue(bytes: Buffer): Uint8Array {
    return bytes;
  }

  protected override _toValue(bytes: unknown): Buffer | undefined {
    return bytes instanceof Uint8Array
      ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      : undefined;
  }

  protected override _resolve(type: Type): ((value: unknown) => unknown) | undefined {
    return type instanceof BytesView ? (value) => value : undefined;
  }
}

/**
 * Builds an `avsc` type with Millrace's reading of `decimal`, `bytes` and `fixed`. A `long` is a number; `avsc` refuses one past 2^53
 * instead of rounding it.
 */
export function avroType(schema: AvroSchema): Type {
  return avro.Type.forSchema(withViews(schema) as avro.Schema, {
    logicalTypes: { decimal: DecimalType, view: BytesView },
    wrapUnions: 'never',
  });
}

/** The schema with its plain `bytes` and `fixed` marked for `BytesView`. */
function withViews(schema: AvroSchema): AvroSchema {
  if (schema === 'bytes') return { type: 'bytes', logicalType: 'view' };
  if (typeof schema === 'string') return schema;
  if (!('type' in schema)) return schema.map(withViews);
  if (schema.logicalType !== undefined) return schema;
  if (schema.type === 'fixed') return { ...schema, logicalType: 'view' };
  const { items, values, fields } = schema;
  return {
    ...schema,
    ...(items === undefined ? {} : { items: withViews(items) }),
    ...(values === undefined ? {} : { values: withViews(values) }),
    ...(fields === undefined
      ? {}
      : { fields: fields.map((field) => ({ ...field, type: withViews(field.type) })) }),
  };
}
