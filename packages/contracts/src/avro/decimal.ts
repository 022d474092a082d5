import { MillraceError } from '@millrace/runtime';

const pattern = /^(-?)(\d{1,60})(?:\.(\d{1,60}))?$/;

/**
 * The digits of a decimal without its point.
 *
 * @param text such as `-12.5`; undefined when it is no decimal, or has more digits than `precision` and `scale` allow
 */
export function parseDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? '';
  if (fraction.length > scale) return undefined;
  const digits = BigInt(`${match[2] ?? ''}${fraction.padEnd(scale, '0')}`);
  if (digits >= 10n ** BigInt(precision)) return undefined;
  return match[1] === '-' ? -digits : digits;
}

/** The inverse of `parseDecimal`: always with `scale` digits after the point, such as `0.0000123000`. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Two's complement, big endian, in as few bytes as it takes. */
export function toTwosComplement(value: bigint): Uint8Array {
  let length = 1;
  while (BigInt.asIntN(8 * length, value) !== value) length++;
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let index = length - 1; index >= 0; index--) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** @throws MillraceError message_corrupt when there are no bytes, or more digits than `precision` allows */
export function fromTwosComplement(bytes: Uint8Array, precision: number): bigint {
  // A digit takes less than half a byte.
  if (bytes.length === 0 || bytes.length > precision) throw outOfRange(precision);
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  value = BigInt.asIntN(8 * bytes.length, value);
  if ((value < 0n ? -value : value) >= 10n ** BigInt(precision)) throw outOfRange(precision);
  return value;
}

function outOfRange(precision: number): MillraceError {
  return new MillraceError('message_corrupt', `a decimal has no digits, or more than ${precision}`);
}
