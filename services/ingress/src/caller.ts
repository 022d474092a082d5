import type { FastifyRequest } from 'fastify';
import type { VerifiedPrincipal } from '@millrace/contracts';
import { idempotencyKeySchema } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import type { ClientWatch } from './client-watch.ts';

/** Who sent a request, known before its body is read. */
export interface Caller {
  readonly principal: VerifiedPrincipal;
  readonly client: ClientWatch;
}

export function callerOf(request: FastifyRequest): Caller {
  return request.getDecorator<Caller>('caller');
}

/** @throws `invalid_value` */
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
