import type { Counter, Metrics } from '@millrace/runtime';
import type { Work } from './work.ts';

export interface JobMetrics {
  readonly jobs: Counter<'status'>;
  readonly batches: Counter<'status'>;
  readonly lines: Counter<'status'>;
  readonly webhooks: Counter<'outcome'>;
  watchRunning(work: Readonly<Record<string, Work>>): void;
}

export function createJobMetrics(metrics: Metrics): JobMetrics {
  return {
    jobs: metrics.counter({
      name: 'millrace_jobs_ended_total',
      help: 'Jobs that ended, by how.',
      labelNames: ['status'],
    }),
    batches: metrics.counter({
      name: 'millrace_batches_ended_total',
      help: 'Batches that ended, by how.',
      labelNames: ['status'],
    }),
    lines: metrics.counter({
      name: 'millrace_batch_lines_ended_total',
      help: 'Requests of batches that ended, by how.',
      labelNames: ['status'],
    }),
    webhooks: metrics.counter({
      name: 'millrace_webhooks_ended_total',
      help: 'Webhooks that were delivered or given up.',
      labelNames: ['outcome'],
    }),
    watchRunning(work) {
      metrics.gauge({
        name: 'millrace_jobs_running',
        help: 'Jobs, responses and batches that this runner works on.',
        labelNames: ['kind'],
        collect(gauge) {
          for (const [kind, { running }] of Object.entries(work)) gauge.set({ kind }, running);
        },
      });
    },
  };
}
