import { traceHeaders, type Delivery } from '@millrace/bus';
import { subjects, type RequestReceived } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import {
  decide,
  endRequest,
  failureOf,
  giveUp,
  logEndHeader,
  openedLogEnd,
  whileDatabaseAway,
  withDecision,
  type Cancellations,
  type Ending,
  type StageDependencies,
} from '@millrace/stage';
import type { Refusal } from './admission-rules.ts';
import type { Admission, Claim } from './admission.ts';
import type { KeyUses } from './key-uses.ts';
import { withoutContent } from './without-content.ts';
import { publishDecisions } from './publish-decisions.ts';

const stage = 'auth-quota';

interface Work {
  readonly event: RequestReceived;
  readonly delivery: Delivery;
}

/**
 * Admits or refuses requests in batches. What was decided stands in the claim before anybody is told, so a redelivered
 * request gets the same answer and is never counted twice. Order: claim, publish request and decision, ack.
 */
export function onRequestReceived(
  dependencies: StageDependencies,
  admission: Admission,
  cancellations: Cancellations,
  uses: Pick<KeyUses, 'note'>,
) {
  const admissions = dependencies.metrics.counter({
    name: 'millrace_admissions_total',
    help: 'Requests by what admission decided.',
    labelNames: ['decision'],
  });

  return async (deliveries: readonly Delivery[]): Promise<readonly boolean[]> => {
    const { work, corrupt } = await decodeAll(dependencies, deliveries);
    uses.note(
      work.map(({ event }) => event.principal.key_id),
      dependencies.clock.now(),
    );
    const requests = work.map(({ event, delivery }) => ({
      event,
      encoded: withoutContent(dependencies.codec, event),
      cancelled: cancellations.get(event.request_id)?.reason,
      mayWait: delivery.deliveryCount === 1,
    }));
    const [claims, logEnds] = await Promise.all([
      whileDatabaseAway(dependencies, deliveries, () => admission.claim(requests)),
      Promise.all(work.map(({ event }) => openedLogEnd(dependencies, event))),
    ]);
    const acked = new Set<Delivery>(corrupt);
    const carriedOut = work.map(async (item, index) => {
      const claim = claims.get(item.event.request_id);
      if (claim === undefined) return false;
      if (claim.isNew) admissions.inc({ decision: claim.refusal?.code ?? 'admitted' });
      await carryOut(dependencies, item, claim, logEnds[index]);
      return true;
    });
    // Behind the requests: nobody waits for these.
    const published = publishDecisions(dependencies, requests, claims);
    const results = await Promise.allSettled(
      carriedOut.map(async (done) => {
        const [isDecided] = await Promise.all([done, published]);
        return isDecided;
      }),
    );
    for (const [index, result] of results.entries()) {
      const { event, delivery } = work[index] as Work;
      if (result.status === 'fulfilled') {
        if (result.value) acked.add(delivery);
        continue;
      }
      dependencies.logger.warn(
        { error: result.reason, stage, requestId: event.request_id },
        'a decision will be carried out again',
      );
    }
    return deliveries.map((delivery) => acked.has(delivery));
  };
}

/** Does what the claim says. */
async function carryOut(
  dependencies: StageDependencies,
  { event, delivery }: Work,
  claim: Claim,
  logEnd: number | undefined,
): Promise<void> {
  if (claim.isClosed) return;
  if (claim.refusal !== undefined) {
    await endRequest(dependencies, event, endingOf(dependencies, claim.refusal, claim.decidedAt));
    return;
  }
  const { tokens, amount } = claim.reserved;
  const facts = { reserved_tokens: String(tokens), reserved_amount: amount };
  const decision = { ...decide(dependencies.clock, stage, 'admitted', { facts }), at: claim.decidedAt };
  await dependencies.bus.publish({
    subject: subjects.admitted(event.tenant),
    payload: dependencies.codec.encode('request.admitted', withDecision(event, decision)),
    messageId: `${event.request_id}:admitted`,
    headers: { ...traceHeaders.write(traceHeaders.read(delivery.headers)), ...logEndHeader.write(logEnd) },
  });
}

function endingOf(
  { clock }: StageDependencies,
  { code, message, param, retryAfterMs }: Refusal,
  decidedAt: number,
): Ending {
  const outcome = code === 'cancelled' ? 'CANCELLED' : code === 'deadline_exceeded' ? 'EXPIRED' : 'REJECTED';
  const facts = param === undefined ? {} : { limit: param };
  return {
    outcome,
    failure: failureOf(new MillraceError(code, message, { param, retryAfterMs })),
    decision: { ...decide(clock, stage, outcome.toLowerCase(), { code, facts }), at: decidedAt },
  };
}

/** What cannot be decoded goes to the dead letters at once and does not hold up the rest of its batch. */
async function decodeAll(
  dependencies: StageDependencies,
  deliveries: readonly Delivery[],
): Promise<{ readonly work: readonly Work[]; readonly corrupt: readonly Delivery[] }> {
  const work: Work[] = [];
  const corrupt: Delivery[] = [];
  for (const delivery of deliveries) {
    try {
      work.push({ event: dependencies.codec.decode('request.received', delivery.payload), delivery });
    } catch (error) {
      if (!(error instanceof MillraceError) || error.retryable) throw error;
      await giveUp(dependencies, { stage, eventName: 'request.received' }, delivery, {
        kind: 'error',
        error,
      });
      corrupt.push(delivery);
    }
  }
  return { work, corrupt };
}
