import type { FastifyRequest } from 'fastify';
import { MillraceError } from '@millrace/runtime';
import { idempotencyKeySchema } from '../generation-schema.ts';

/** The Idempotency-Key of a request. @throws `invalid_value` */
export function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  const { minLength, maxLength } = idempotencyKeySchema;
  if (typeof key === 'string' && key.length >= minLength && key.length <= maxLength) return key;
  throw new MillraceError(
    'invalid_value',
    `Idempotency-Key must be a text of ${minLength} to ${maxLength} characters`,
    { param: 'Idempotency-Key' },
  );
}
