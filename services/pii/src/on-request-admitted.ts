import { traceHeaders } from '@millrace/bus';
import { laneOf, subjects } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import {
  decide,
  endRequest,
  failureOf,
  isClosed,
  logEndHeader,
  openContent,
  sealContent,
  withDecision,
  type Cancellations,
  type RequestContent,
  type StageDependencies,
  type Work,
} from '@millrace/stage';
import { publishMapping } from './publish-mapping.ts';
import { scrub, type Scrubbed } from './scrub.ts';

const stage = 'pii';

/** Replaces personal data by placeholders and passes the request on. Fails closed: what cannot be checked is not passed on. */
export function onRequestAdmitted(dependencies: StageDependencies, cancellations: Cancellations) {
  const { bus, codec, sealing, clock } = dependencies;
  return async ({ event, delivery }: Work): Promise<void> => {
    if (delivery.deliveryCount > 1 && (await isClosed(dependencies, event))) return;
    const cancellation = cancellations.get(event.request_id);
    if (cancellation !== undefined) {
      const decision = decide(clock, stage, 'cancelled', { facts: { reason: cancellation.reason } });
      await endRequest(dependencies, event, { outcome: 'CANCELLED', finishReason: 'cancelled', decision });
      return;
    }

    const box = await sealing.forUser(event.tenant, event.principal.user_id);
    const outcome = scrubOrRefuse(openContent(box, event.request_id, 'request', event.content));
    if (outcome instanceof MillraceError) {
      const { code } = outcome;
      await endRequest(dependencies, event, {
        outcome: 'REJECTED',
        failure: failureOf(outcome),
        decision: decide(clock, stage, 'rejected', { code }),
      });
      return;
    }
    const { content, mapping, counts } = outcome;
    const logEnd =
      mapping.size > 0
        ? await publishMapping(dependencies, event, box, mapping)
        : logEndHeader.read(delivery.headers);
    const facts = Object.fromEntries(Object.entries(counts).map(([type, count]) => [type, String(count)]));
    const scrubbed = withDecision(
      {
        ...event,
        content: sealContent(box, event.request_id, 'request', content),
        personal_data: Object.keys(counts).toSorted(),
      },
      decide(clock, stage, mapping.size > 0 ? 'masked' : 'clean', { facts }),
    );
    await bus.publish({
      subject: subjects.scrubbed(event.model, laneOf(event.priority, event.tenant)),
      payload: codec.encode('request.scrubbed', scrubbed),
      messageId: `${event.request_id}:scrubbed`,
      headers: { ...traceHeaders.write(traceHeaders.read(delivery.headers)), ...logEndHeader.write(logEnd) },
    });
  };
}

/** @returns what is wrong where the content is the client's to change */
function scrubOrRefuse(content: RequestContent): Scrubbed | MillraceError {
  try {
    return scrub(content);
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'payload_too_large') return error;
    throw error;
  }
}
