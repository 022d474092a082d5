import { hash } from 'node:crypto';
import { subjects, type AdmissionDecision } from '@millrace/contracts';
import type { StageDependencies } from '@millrace/stage';
import type { AdmissionRequest, Claim } from './admission.ts';

/**
 * Publishes what was decided, as far as it was not carried out yet: one event for each tenant and moment. After a crash some are published
 * once more; who counts them goes by the ids of the requests.
 */
export async function publishDecisions(
  { bus, codec }: Pick<StageDependencies, 'bus' | 'codec'>,
  requests: readonly AdmissionRequest[],
  claims: ReadonlyMap<string, Claim>,
): Promise<void> {
  const decided = requests.flatMap(({ event, encoded }) => {
    const claim = claims.get(event.request_id);
    return claim === undefined || claim.isClosed ? [] : { event, encoded, claim };
  });
  const groups = Map.groupBy(decided, ({ event, claim }) => `${claim.decidedAt} ${event.tenant}`);
  await Promise.all(
    Array.from(groups.values(), async (group) => {
      const [{ event: first, claim }] = group as [(typeof group)[number], ...typeof group];
      const payload = codec.encode('admission.decided', {
        tenant: first.tenant,
        organisation: first.principal.organisation,
        decided_at: claim.decidedAt,
        decisions: group.map((each): AdmissionDecision => {
          const { reserved, refusal } = each.claim;
          return {
            request_id: each.event.request_id,
            key_id: each.event.principal.key_id,
            user_id: each.event.principal.user_id,
            model: each.event.model,
            code: refusal?.code ?? null,
            param: refusal?.param ?? null,
            reserved_tokens: reserved.tokens,
            reserved_amount: reserved.amount,
            request: each.encoded,
          };
        }),
      });
      const ids = group.map(({ event }) => event.request_id).join();
      await bus.publish({
        subject: subjects.decided(first.tenant),
        payload,
        messageId: `decided:${hash('sha1', ids)}`,
      });
    }),
  );
}
