import { MillraceError } from '@millrace/runtime';

/** An error in an answer of the JetStream API. */
export interface ServerFailure {
  /** Like a status of HTTP. */
  readonly code: number;
  readonly err_code?: number;
  readonly description?: string;
}

/** `err_code` values of nats-server (server/errors.json). */
export const serverErrorCode = {
  insufficientResources: 10023,
  messageNotFound: 10037,
  storageResourcesExceeded: 10047,
  streamUpdate: 10052,
  messageTooLarge: 10054,
  streamNameInUse: 10058,
  streamNotFound: 10059,
  wrongLastMessageId: 10070,
  wrongLastSequence: 10071,
  sequenceNotFound: 10043,
  storeFailed: 10077,
  consumerNotFound: 10014,
  duplicateInProcess: 10158,
  wrongLastSequenceConstant: 10164,
} as const;

const wrongLastSequence = new Set<number | undefined>([
  serverErrorCode.wrongLastSequence,
  serverErrorCode.wrongLastSequenceConstant,
  serverErrorCode.wrongLastMessageId,
]);
const exhausted = new Set<number | undefined>([
  serverErrorCode.insufficientResources,
  serverErrorCode.storageResourcesExceeded,
]);

export function isWrongLastSequence(failure: ServerFailure): boolean {
  return wrongLastSequence.has(failure.err_code);
}

/** The stream is at its limit of messages or bytes, or the server at its limit of storage. */
export function isFull(failure: ServerFailure): boolean {
  if (exhausted.has(failure.err_code)) return true;
  // The one code stands for every failure to store; the text tells a limit from a disk that fails.
  return (
    failure.err_code === serverErrorCode.storeFailed &&
    /maximum (messages|bytes)/.test(failure.description ?? '')
  );
}

/** Whether the same request can succeed in a moment: no leader yet, a server going down, a disk that failed once. 500 is for good. */
export function isPassing(failure: ServerFailure): boolean {
  return failure.code === 503 || failure.err_code === serverErrorCode.duplicateInProcess;
}

export function toMillraceError(failure: ServerFailure, doing: string): MillraceError {
  const detail = `${failure.description ?? 'no description'} (${failure.err_code ?? failure.code})`;
  const cause = new Error(detail);
  if (isFull(failure))
    return new MillraceError('overloaded', `${doing}: the stream is full`, { cause, retryAfterMs: 1_000 });
  if (failure.err_code === serverErrorCode.messageTooLarge)
    return new MillraceError('payload_too_large', `${doing}: the message is larger than the stream takes`, {
      cause,
    });
  if (isPassing(failure)) return new MillraceError('unavailable', `${doing}: ${detail}`, { cause });
  return new MillraceError('internal_error', `${doing}: the nats-server refused it: ${detail}`, { cause });
}
