import { MillraceError } from '@millrace/runtime';

/** What clients of an endpoint call a field that the platform calls otherwise. */
export type FieldNames = (param: string) => string;

/** The error with the name that its field has for the client, in the message too where that begins with it. */
export function withFieldName(error: unknown, nameOf: FieldNames): unknown {
  if (!(error instanceof MillraceError) || error.param === undefined) return error;
  const { code, message, param, retryable, retryAfterMs } = error;
  const name = nameOf(param);
  if (name === param) return error;
  return new MillraceError(code, message.startsWith(param) ? name + message.slice(param.length) : message, {
    param: name,
    retryable,
    retryAfterMs,
    cause: error,
  });
}

/** `text` and `text[3]` under another name. */
export function renameList(param: string, from: string, to: string): string {
  return param === from || param.startsWith(`${from}[`) ? to + param.slice(from.length) : param;
}

/** @throws what `read` throws, see `withFieldName` */
export function named<Value>(read: () => Value, nameOf: FieldNames): Value {
  try {
    return read();
  } catch (error) {
    throw withFieldName(error, nameOf);
  }
}
