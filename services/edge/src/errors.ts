import { MillraceError, shorten } from '@millrace/runtime';

export const duplicateId = (param: 'id' | 'request_id', value: string): MillraceError =>
  new MillraceError(
    'duplicate_id',
    `${param} ${JSON.stringify(shorten(value))} is in use by a request in flight on this connection`,
    { param },
  );

export const unknownId = (param: 'id' | 'request_id'): MillraceError =>
  new MillraceError('request_not_found', `No request in flight on this connection has this ${param}.`, {
    param,
  });

export const tooManyOnConnection = (limit: number): MillraceError =>
  new MillraceError(
    'too_many_in_flight',
    `The connection has ${limit} requests in flight, which is the most it may have.`,
    {
      retryAfterMs: 1_000,
    },
  );

export const tooManyConnections = (): MillraceError =>
  new MillraceError('overloaded', 'This gateway has as many connections as it takes.', {
    retryAfterMs: 5_000,
  });

export const credentialRevoked = (): MillraceError =>
  new MillraceError('invalid_api_key', 'The API key was revoked.');

export const credentialExpired = (): MillraceError =>
  new MillraceError(
    'invalid_api_key',
    'The credential has expired: connect again with a new one, and resume.',
  );

export const credentialChanged = (): MillraceError =>
  new MillraceError('unavailable', 'The API key was changed; connect again and resume.', {
    retryAfterMs: 500,
  });

export const barred = (why: string): MillraceError => new MillraceError('permission_denied', why);

export const unnamedCancel = (): MillraceError =>
  new MillraceError('missing_value', 'id is missing: name the request by id or request_id', { param: 'id' });

export const twiceNamedCancel = (): MillraceError =>
  new MillraceError('conflicting_values', 'id and request_id exclude each other: send one of them', {
    param: 'request_id',
  });
