import type { Direction, PiiCount } from '@millrace/pii-policy';
import type { Metrics } from '@millrace/runtime';

export interface PiiMetrics {
  found(direction: Direction, counts: readonly PiiCount[]): void;
  /** A request was not passed on. */
  refused(code: string): void;
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
  return {
    found(direction, counts) {
      for (const { type, action, count } of counts) findings.inc({ direction, type, action }, count);
    },
    refused: (code) => refusals.inc({ code }),
  };
}
