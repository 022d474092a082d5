import type { JsonSchema } from '@millrace/stage';
import { decimalsBetween } from './decimal-range.ts';
import { anyInteger, anyNumber } from './json-values.ts';
import type { SchemaPath } from './schema-path.ts';
import type { Translation } from './translation.ts';

export const numberKeywords = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const;

/** What a float64 tells apart, whatever the digits are. */
const maxDigits = 15;
/** Digits before the point where a side has no bound. */
const openDigits = 9;
const maxFractionDigits = 6;

interface Bound {
  readonly keyword: string;
  readonly value: number;
  readonly exclusive: boolean;
}

/** A whole number, of at most 15 digits. @throws `unsupported_value` */
export function integerRule(schema: JsonSchema, path: SchemaPath, translation: Translation): string {
  const bounds = boundsOf(schema, path, translation);
  if (bounds === undefined) return anyInteger(translation.rules);
  return oneOf(inRange(bounds, maxDigits, 0), path, translation);
}

/** A number; one with bounds has no exponent and at most 6 digits behind the point. @throws `unsupported_value` */
export function numberRule(schema: JsonSchema, path: SchemaPath, translation: Translation): string {
  const bounds = boundsOf(schema, path, translation);
  if (bounds === undefined) return anyNumber(translation.rules);
  const sizes = bounds.map((bound) => (bound === undefined ? openDigits : wholeDigits(bound.value)));
  const size = Math.max(...sizes) > openDigits ? maxDigits : Math.max(...sizes);
  const alternatives: string[] = [];
  for (let digits = 0; digits <= Math.min(maxFractionDigits, maxDigits - size); digits += 1) {
    alternatives.push(...inRange(bounds, size, digits));
  }
  return oneOf(alternatives, path, translation);
}

type Bounds = readonly [min: Bound | undefined, max: Bound | undefined];

/** The tighter bound of each side; undefined without any. */
function boundsOf(schema: JsonSchema, path: SchemaPath, translation: Translation): Bounds | undefined {
  const read = (keyword: (typeof numberKeywords)[number]): Bound | undefined => {
    const value = schema[keyword];
    if (typeof value !== 'number') return undefined;
    if (wholeDigits(value) > maxDigits || scaled(value, 20) === undefined)
      throw translation.refuse([...path, keyword], 'bounds have at most 15 digits before the point');
    return { keyword, value, exclusive: keyword.startsWith('exclusive') };
  };
  const min = tighter(read('minimum'), read('exclusiveMinimum'), 1);
  const max = tighter(read('maximum'), read('exclusiveMaximum'), -1);
  return min === undefined && max === undefined ? undefined : [min, max];
}

/** @param sign 1 for lower bounds, -1 for upper ones */
function tighter(a: Bound | undefined, b: Bound | undefined, sign: 1 | -1): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return sign * a.value > sign * b.value ? a : b;
}

function inRange([min, max]: Bounds, wholeDigitCount: number, fractionDigits: number): readonly string[] {
  const most = 10n ** BigInt(wholeDigitCount + fractionDigits) - 1n;
  const from = min === undefined ? -most : roundedUp(min, fractionDigits);
  const to = max === undefined ? most : -roundedUp({ ...max, value: -max.value }, fractionDigits);
  return from > to ? [] : decimalsBetween(from, to, fractionDigits);
}

/** The least decimal that is not below the bound, in units of its last digit. */
function roundedUp({ value, exclusive }: Bound, fractionDigits: number): bigint {
  const unit = 10n ** 20n;
  const exact = (scaled(value, 20) ?? 0n) * 10n ** BigInt(fractionDigits);
  const floor = exact / unit - (exact % unit < 0n ? 1n : 0n);
  if (floor * unit === exact) return exclusive ? floor + 1n : floor;
  return floor + 1n;
}

/** The decimal that the number is written as, times 10 to the `digits`; undefined when it has more digits behind the point. */
function scaled(value: number, digits: number): bigint | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/u.exec(String(value));
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const shift = digits - fraction.length + Number(exponent);
  if (shift < 0) return undefined;
  const magnitude = BigInt(whole + fraction) * 10n ** BigInt(shift);
  return sign === '-' ? -magnitude : magnitude;
}

function wholeDigits(value: number): number {
  return String(Math.trunc(Math.abs(value))).replace(/e\+(\d+)/u, (_, zeros: string) =>
    '0'.repeat(Number(zeros)),
  ).length;
}

function oneOf(alternatives: readonly string[], path: SchemaPath, translation: Translation): string {
  if (alternatives.length === 0) throw translation.refuse(path, 'no number fits its bounds');
  return translation.rules.oneOf(alternatives);
}
