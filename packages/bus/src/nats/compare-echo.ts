import { isDeepStrictEqual } from 'node:util';
import { MillraceError } from '@millrace/runtime';

type Fields = Readonly<Record<string, unknown>>;

/**
 * An old server drops settings that it does not know, and none says so: only its echo tells.
 * @throws MillraceError stream_mismatch naming the first field that differs
 */
export function requireEcho(what: string, wanted: Fields, got: Fields): void {
  for (const [field, value] of Object.entries(wanted)) {
    if (isSame(value, got[field])) continue;
    throw mismatch(what, field, value, got[field]);
  }
}

export function mismatch(what: string, field: string, wanted: unknown, got: unknown): MillraceError {
  return new MillraceError(
    'stream_mismatch',
    `The nats-server has ${field} of ${what} as ${JSON.stringify(got) ?? 'nothing'} where ${JSON.stringify(wanted)} is wanted`,
  );
}

/** The server leaves out what is zero, false or empty. */
function isSame(wanted: unknown, got: unknown): boolean {
  if (got === undefined) return wanted === false || wanted === 0 || wanted === '';
  return isDeepStrictEqual(wanted, got);
}
