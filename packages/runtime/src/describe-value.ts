import { shorten } from './shorten.ts';

/** A value for a message: numbers, texts and the like as they are, shortened; of lists and objects only the kind. */
export function quote(value: unknown): string {
  if (value === undefined || (value !== null && typeof value === 'object')) return kindOf(value);
  // JSON has no word for the number that 1e400 is read as.
  if (typeof value === 'number') return String(value);
  return shorten(JSON.stringify(value));
}

/** What kind of value it is, without a word of it. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return `a text of ${count(value.length, 'character')}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** `1 character`, `2 characters` */
export function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}
