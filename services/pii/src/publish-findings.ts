import { subjects, type PiiFound } from '@millrace/contracts';
import type { PiiCount } from '@millrace/pii-policy';
import type { StageDependencies } from '@millrace/stage';

/** Where something was found, and when it counts as found: now, unless it is told. */
export type FoundIn = Pick<PiiFound, 'request_id' | 'tenant'> & Partial<Pick<PiiFound, 'direction' | 'at'>>;

/** Says what was found in a request, or in its answer, if anything was. */
export async function publishFindings(
  { bus, codec, clock }: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  { request_id, tenant, direction = 'INPUT', at = clock.now() }: FoundIn,
  counts: readonly PiiCount[],
): Promise<void> {
  if (counts.length === 0) return;
  await bus.publish({
    subject: subjects.found(tenant),
    payload: codec.encode('pii.found', { request_id, tenant, direction, findings: [...counts], at }),
    messageId: `${request_id}:found:${direction.toLowerCase()}`,
  });
}
