import { withoutValues } from '@millrace/pii-policy';
import { errorCodes, MillraceError, type ErrorCode } from '@millrace/runtime';

/**
 * What a client is told of an error. Errors of the platform's own parts are for its operators: the client gets
 * `internal_error`, with the original as its cause. Personal data in what was wrong is not repeated: errors are logged, on both sides.
 */
export function clientError(error: unknown): MillraceError {
  const known = MillraceError.from(error);
  if (errorCodes[known.code].type !== 'operator_error' && known.code !== 'internal_error')
    return repeatingNothing(known);
  return new MillraceError('internal_error', 'Something went wrong on the side of the platform.', {
    cause: known,
  });
}

/** The error without the personal data that it repeats, nor a cause that may do so. */
export function repeatingNothing(error: MillraceError): MillraceError {
  const { code, message, param, retryable, retryAfterMs } = error;
  const safe = withoutValues(message);
  const safeParam = param === undefined ? undefined : withoutValues(param);
  if (safe === message && safeParam === param) return error;
  return new MillraceError(code, safe, {
    retryable,
    ...(safeParam === undefined ? {} : { param: safeParam }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Codes of the administration alone. */
const administrative: ReadonlySet<string> = new Set([
  'resource_not_found',
  'already_exists',
  'version_conflict',
  'version_missing',
]);

/** The codes that a client can get who asks models. */
export const clientErrorCodes: readonly ErrorCode[] = Object.keys(errorCodes)
  .filter((code): code is ErrorCode => Object.hasOwn(errorCodes, code))
  .filter((code) => errorCodes[code].type !== 'operator_error' && !administrative.has(code));
