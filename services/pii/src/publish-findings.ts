import { subjects } from '@millrace/contracts';
import type { PiiCount } from '@millrace/pii-policy';
import type { RequestEvent, StageDependencies } from '@millrace/stage';

/** Says what was found in a request, if anything was. */
export async function publishFindings(
  { bus, codec, clock }: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  { request_id, tenant }: RequestEvent,
  counts: readonly PiiCount[],
): Promise<void> {
  if (counts.length === 0) return;
  await bus.publish({
    subject: subjects.found(tenant),
    payload: codec.encode('pii.found', {
      request_id,
      tenant,
      direction: 'INPUT',
      findings: [...counts],
      at: clock.now(),
    }),
    messageId: `${request_id}:found:input`,
  });
}
