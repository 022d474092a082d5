import { failed } from './failed.ts';

const wrong = () => failed('it sent what is no piece of an answer');

/** @throws `provider_failed` for what is no object */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return { __proto__: null, ...value };
  throw wrong();
}

/** Nothing where there is none. @throws `provider_failed` for what is no list */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw wrong();
}

/** @throws `provider_failed` for what is no text */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw wrong();
}

/** From 0. @throws `provider_failed` for what is no such number */
export function wholeNumberOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (isCount(value)) return value;
  throw wrong();
}

/** Whether it is a whole number from 0 that is exact. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
