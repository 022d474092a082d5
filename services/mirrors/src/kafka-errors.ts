import { MillraceError } from '@millrace/runtime';

/** Of the Kafka protocol: this producer's epoch is no longer the last one of its transactional id. */
const fencedTypes = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING']);
const tooLargeTypes = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/**
 * What a failure of Kafka means: `fenced` when another process has opened the transactional id, `payload_too_large` when the broker does
 * not take a batch of this size, else `unavailable`.
 */
export function toMillraceError(cause: unknown, what: string): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const types = typesOf(cause);
  if (types.some((type) => fencedTypes.has(type)))
    return new MillraceError('fenced', `${what}: another process has taken over.`, { cause });
  if (types.some((type) => tooLargeTypes.has(type)))
    return new MillraceError('payload_too_large', `${what}: the broker does not take a batch of this size.`, {
      cause,
    });
  const why = cause instanceof Error ? cause.message : 'no answer';
  return new MillraceError('unavailable', `${what}: ${why}`, { cause });
}

/** `type` of the error and of what it was made of: kafkajs wraps the answer of the broker. */
function typesOf(error: unknown): readonly string[] {
  const types: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause)
    if ('type' in each && typeof each.type === 'string') types.push(each.type);
  return types;
}
