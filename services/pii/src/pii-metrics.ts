import type { Direction, PiiCount } from '@millrace/pii-policy';
import type { Metrics } from '@millrace/runtime';

/**
 * Why an answer was not counted. `gone`: its results are no longer kept; `erased`: its key is not; `unreadable`: it cannot be opened; `failed`: the
 * check did, or took too long; `given_up`: it was tried too often.
 */
export type UncountedReason = 'gone' | 'erased' | 'unreadable' | 'failed' | 'given_up';

export interface PiiMetrics {
  found(direction: Direction, counts: readonly PiiCount[]): void;
  /** A request was not passed on. */
  refused(code: string): void;
  /** What an answer has of personal data is not known. */
  uncounted(reason: UncountedReason): void;
}

export function createPiiMetrics(metrics: Metrics): PiiMetrics {
  const findings = metrics.counter({
    name: 'millrace_pii_findings_total',
    help: 'Different values of personal data in requests and answers, by type and by what was done.',
    labelNames: ['direction', 'type', 'action'],
  });
  const refusals = metrics.counter({
    name: 'millrace_pii_refused_total',
    help: 'Requests that were not passed on, by the code of the error.',
    labelNames: ['code'],
  });
  const uncounted = metrics.counter({
    name: 'millrace_pii_uncounted_answers_total',
    help: 'Answers that were not counted after they had ended, by why: what they have of personal data is on no report.',
    labelNames: ['reason'],
  });
  return {
    found(direction, counts) {
      for (const { type, action, count } of counts) findings.inc({ direction, type, action }, count);
    },
    refused: (code) => refusals.inc({ code }),
    uncounted: (reason) => uncounted.inc({ reason }),
  };
}
