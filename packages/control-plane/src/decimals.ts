import { Big } from 'big.js';

/** A decimal of the database without zeros at its end. */
export function showDecimal(text: string): string;
export function showDecimal(text: string | null): string | null;
export function showDecimal(text: string | null): string | null {
  return text === null ? null : new Big(text).toFixed();
}
