import { MillraceError } from '@millrace/runtime';

/** The error, with the name of the field (or `[0]`, `[key]`) that it came out of put before the path in `param`. */
export function atField(error: unknown, field: string): unknown {
  if (!(error instanceof MillraceError)) return error;
  const inner = error.param ?? '';
  const path = inner === '' || inner.startsWith('[') ? field + inner : `${field}.${inner}`;
  return new MillraceError(error.code, error.message, { cause: error.cause, param: path });
}
