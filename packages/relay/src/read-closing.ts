import { subjects, type RequestClosed } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { requestIdPattern, requireAccess } from './follow.ts';
import { mayAccess, type GatewayPrincipal } from './gateway-principal.ts';

/** How a request ended. */
export interface Closing {
  readonly event: RequestClosed;
  /** When the broker stored it, in milliseconds since the epoch. */
  readonly storedAt: number;
}

/**
 * How a request ended, also when its results are no longer kept.
 *
 * @returns undefined while it has not ended
 * @throws `request_not_found` also when it is someone else's
 */
export async function readClosing(
  dependencies: Pick<StageDependencies, 'bus' | 'codec'>,
  requestId: string,
  principal: GatewayPrincipal,
): Promise<Closing | undefined> {
  const { bus, codec } = dependencies;
  if (!requestIdPattern.test(requestId)) throw notFound();
  const stored = await bus.lastMessage('CLOSED', subjects.closed(principal.tenant, requestId));
  if (stored === undefined) {
    await requireAccess(dependencies, requestId, principal);
    return undefined;
  }
  const event = codec.decode('request.closed', stored.payload);
  if (!mayAccess(principal, event.tenant, event)) throw notFound();
  return { event, storedAt: stored.storedAt };
}

function notFound(): MillraceError {
  return new MillraceError(
    'request_not_found',
    'There is no such request. How requests ended is kept for 90 days.',
    { param: 'request_id' },
  );
}
