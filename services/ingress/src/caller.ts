import type { FastifyRequest } from 'fastify';
import type { VerifiedPrincipal } from '@millrace/contracts';
import type { ClientWatch } from './client-watch.ts';

/** Who sent a request, known before its body is read. */
export interface Caller {
  readonly principal: VerifiedPrincipal;
  readonly client: ClientWatch;
}

export function callerOf(request: FastifyRequest): Caller {
  return request.getDecorator<Caller>('caller');
}
