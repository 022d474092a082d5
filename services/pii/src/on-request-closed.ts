import type { Delivery } from '@millrace/bus';
import type { RequestClosed } from '@millrace/contracts';
import { readGenerated, type Generated } from '@millrace/relay/generated';
import { MillraceError } from '@millrace/runtime';
import { keepAlive, type StageDependencies } from '@millrace/stage';
import type { CountThread } from './answers/count-thread.ts';
import type { PiiMetrics, UncountedReason } from './pii-metrics.ts';
import { publishFindings } from './publish-findings.ts';

export interface CountingDependencies extends StageDependencies {
  readonly counter: Pick<CountThread, 'count'>;
  readonly piiMetrics: Pick<PiiMetrics, 'found' | 'uncounted'>;
  readonly ackWaitMs: number;
}

/** Results are kept no longer. */
const resultsKeptMs = 15 * 60_000;
/** What ended so has no answer. */
const withoutAnswer: ReadonlySet<RequestClosed['outcome']> = new Set(['REJECTED', 'BLOCKED']);
/** Their answers are scores and vectors. */
const withFigures: ReadonlySet<string> = new Set(['classify', 'embed']);

/**
 * Counts what the answer of a request has of personal data, once it has ended and whoever has read it: what the policy did to it on its way
 * out, and what it would have to do with what it only reports.
 */
export function onRequestClosed(
  dependencies: CountingDependencies,
): (delivery: Delivery, closing: RequestClosed) => Promise<void> {
  const { clock, logger, counter, piiMetrics, ackWaitMs } = dependencies;
  return async (delivery, closing) => {
    const { request_id: requestId, tenant, outcome, operation, closed_at: at } = closing;
    if (withoutAnswer.has(outcome) || withFigures.has(operation)) return;
    const giveUp = (reason: UncountedReason, error?: unknown): void => {
      piiMetrics.uncounted(reason);
      if (error !== undefined) logger.warn({ error, requestId, tenant }, 'an answer was not counted');
    };
    if (clock.now() - delivery.storedAt > resultsKeptMs) return giveUp('gone');
    const alive = keepAlive(clock, delivery, ackWaitMs, () => clock.now());
    try {
      const generated = await readGenerated(dependencies, { requestId, tenant });
      if (generated === undefined) return giveUp('gone');
      if (generated.isFigures || isEmpty(generated)) return;
      const { policy, texts, callArguments } = generated;
      const task = { policy, generated: { texts, callArguments } };
      const counts = await counter.count(task, delivery.signal);
      const found = { request_id: requestId, tenant, direction: 'OUTPUT', at } as const;
      await publishFindings(dependencies, found, counts);
      piiMetrics.found('output', counts);
    } catch (error) {
      const reason = reasonOf(error);
      if (delivery.signal.aborted || reason === undefined) throw error;
      giveUp(reason, error);
    } finally {
      await alive.stop();
    }
  };
}

function isEmpty({ texts, callArguments }: Generated): boolean {
  return callArguments.length === 0 && texts.every((text) => text === '');
}

/** Why an answer will never be counted; undefined: it is tried again. */
function reasonOf(error: unknown): UncountedReason | undefined {
  if (!(error instanceof MillraceError)) return undefined;
  if (error.code === 'key_erased') return 'erased';
  if (error.code === 'pii_unavailable') return 'failed';
  return error.retryable ? undefined : 'unreadable';
}
