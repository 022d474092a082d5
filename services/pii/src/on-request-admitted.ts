import { traceHeaders } from '@millrace/bus';
import { laneOf, subjects } from '@millrace/contracts';
import type { PiiCount } from '@millrace/pii-policy';
import { MillraceError, type ErrorCode } from '@millrace/runtime';
import type { SealingBox } from '@millrace/sealing';
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
  type Ending,
  type PiiPolicies,
  type StageDependencies,
  type Work,
} from '@millrace/stage';
import type { PiiMetrics } from './pii-metrics.ts';
import { publishFindings } from './publish-findings.ts';
import { publishMapping } from './publish-mapping.ts';
import { countsOf } from './refusal.ts';
import { protectionOf, type Protection } from './protection.ts';
import { scrubRequest } from './scrub-request.ts';
import type { Scrubbed } from './scrub.ts';
import type { Scrubber } from './scrubber.ts';

const stage = 'pii';
/** Their answers are scores and vectors. */
const operationsWithFigures: ReadonlySet<string> = new Set(['classify', 'embed']);

export interface ScrubbingDependencies extends StageDependencies {
  readonly cancellations: Cancellations;
  readonly policies: PiiPolicies;
  readonly scrubber: Scrubber;
  readonly piiMetrics: PiiMetrics;
  readonly ackWaitMs: number;
}

/** Does to personal data what the tenant's policy says and passes the request on. Fails closed: what cannot be checked is not passed on. */
export function onRequestAdmitted(dependencies: ScrubbingDependencies) {
  const { sealing, clock, cancellations, policies, piiMetrics } = dependencies;
  return async (work: Work): Promise<void> => {
    const { event, delivery } = work;
    if (delivery.deliveryCount > 1 && (await isClosed(dependencies, event))) return;
    const cancellation = cancellations.get(event.request_id);
    if (cancellation !== undefined) {
      const decision = decide(clock, stage, 'cancelled', { facts: { reason: cancellation.reason } });
      await endRequest(dependencies, event, { outcome: 'CANCELLED', finishReason: 'cancelled', decision });
      return;
    }

    const box = await sealing.forUser(event.tenant, event.principal.user_id);
    const content = openContent(box, event.request_id, 'request', event.content);
    try {
      const protection = await protectionOf(policies.of(event.tenant), sealing, event.tenant);
      const scrubbed = await scrubRequest(dependencies, work, content, protection);
      await passOn(dependencies, work, box, { ...protection, ...scrubbed });
      piiMetrics.found('input', scrubbed.counts);
    } catch (error) {
      const ending = endingOf(error);
      if (ending === undefined) throw error;
      const refusal = MillraceError.from(error);
      const { code } = refusal;
      const blocked = countsOf(refusal);
      piiMetrics.refused(code);
      const decision = decide(clock, stage, ending.outcome.toLowerCase(), { code, facts: factsOf(blocked) });
      // Before the end, which a redelivery finds: what it counts is told once.
      await publishFindings(dependencies, event, blocked);
      await endRequest(dependencies, event, { ...ending, decision });
      piiMetrics.found('input', blocked);
    }
  };
}

/** @throws `payload_too_large` where it does not fit into a message */
async function passOn(
  dependencies: ScrubbingDependencies,
  { event, delivery }: Work,
  box: SealingBox,
  scrubbed: Scrubbed & Protection,
): Promise<void> {
  const { bus, codec, clock } = dependencies;
  const { content, mapping, counts } = scrubbed;
  const isFigures = operationsWithFigures.has(event.operation);
  const logEnd =
    mapping.size > 0 || !scrubbed.isDefault || isFigures
      ? await publishMapping(dependencies, event, box, scrubbed, isFigures)
      : logEndHeader.read(delivery.headers);
  const passedOn = withDecision(
    {
      ...event,
      content: sealContent(box, event.request_id, 'request', content),
      personal_data: counts.filter(({ action }) => action !== 'report').map(({ type }) => type),
    },
    decide(clock, stage, isChanged(counts) ? 'masked' : 'clean', { facts: factsOf(counts) }),
  );
  await Promise.all([
    bus.publish({
      subject: subjects.scrubbed(event.model, laneOf(event.priority, event.tenant)),
      payload: codec.encode('request.scrubbed', passedOn),
      messageId: `${event.request_id}:scrubbed`,
      headers: {
        ...traceHeaders.write(traceHeaders.read(delivery.headers)),
        ...logEndHeader.write(logEnd),
      },
    }),
    publishFindings(dependencies, event, counts),
  ]);
}

/** How a request ends that is not passed on, by the code of what was thrown. */
const outcomes: Readonly<Partial<Record<ErrorCode, Ending['outcome']>>> = {
  payload_too_large: 'REJECTED',
  content_blocked: 'BLOCKED',
  pii_unavailable: 'FAILED',
  cancelled: 'CANCELLED',
  deadline_exceeded: 'EXPIRED',
};

/** @returns undefined for what is tried again, or was handed back */
function endingOf(error: unknown): Omit<Ending, 'decision'> | undefined {
  if (!(error instanceof MillraceError)) return undefined;
  const outcome = outcomes[error.code];
  if (outcome === undefined) return undefined;
  return outcome === 'CANCELLED'
    ? { outcome, finishReason: 'cancelled' }
    : { outcome, failure: failureOf(error) };
}

function isChanged(counts: readonly PiiCount[]): boolean {
  return counts.some(({ action }) => action !== 'report');
}

/** By type; what was only counted says so. */
function factsOf(counts: readonly PiiCount[]): Readonly<Record<string, string>> {
  return Object.fromEntries(counts.map(({ type, action, count }) => [`${type}.${action}`, String(count)]));
}
