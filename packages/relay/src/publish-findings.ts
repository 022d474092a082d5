import { subjects } from '@millrace/contracts';
import type { PiiCount } from '@millrace/pii-policy';
import type { StageDependencies } from '@millrace/stage';

/** Says what was found in an answer. Each reader finds the same: it is told once. @throws `unavailable` */
export async function publishFindings(
  { bus, codec, clock }: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  { tenant, requestId }: { readonly tenant: string; readonly requestId: string },
  findings: readonly PiiCount[],
): Promise<void> {
  await bus.publish({
    subject: subjects.found(tenant),
    payload: codec.encode('pii.found', {
      request_id: requestId,
      tenant,
      direction: 'OUTPUT',
      findings: [...findings],
      at: clock.now(),
    }),
    messageId: `${requestId}:found:output`,
  });
}
