import { sql } from '@millrace/store/sql';
import { startReplaying } from './replay-dead-letters.ts';
import { createEndpoints } from '@millrace/endpoints';
import {
  createBatchQueue,
  createFileStore,
  createJobQueue,
  type JobDependencies,
  type JobEnding,
  type JobKind,
  type TakenBatch,
  type TakenJob,
} from '@millrace/jobs';
import { keepExample, type ConsentedAnswer } from '@millrace/personal-data';
import { newGatewayName, startRelay } from '@millrace/relay';
import { createIdGenerator, stopInReverse, systemRandom, type Stoppable } from '@millrace/runtime';
import { consumerDefinitions, subjects } from '@millrace/contracts';
import { consumeEvents, type Service, type StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import type { JobsSettings } from './config.ts';
import { startDataProtection } from './data-protection.ts';
import { startDelivering } from './deliver-webhooks.ts';
import { readsWireFormat } from './wire-format.ts';
import { startHousekeeping } from './housekeeping.ts';
import { createJobMetrics } from './job-metrics.ts';
import { onDeadLetter } from './on-dead-letter.ts';
import { onPiiFound } from './on-pii-found.ts';
import { onJobsWaiting } from './on-jobs-waiting.ts';
import { createPersist } from './persist.ts';
import { runBatch } from './run-batch.ts';
import { runJob } from './run-job.ts';
import { startWork, type Work } from './work.ts';

/** Longest line of a batch: as long as a body may be. */
const maxLineBytes = 4 * 1024 * 1024;
/** Deliveries after which a finding is put among the dead letters. */
const findingMaxDeliveries = 20;

/** Runs jobs and batches, delivers webhooks, and removes what is past its time. Wiring alone. */
export async function startJobs(
  dependencies: StageDependencies & { readonly database: Database },
  settings: Omit<JobsSettings, 'healthPort' | 'healthHost' | 'databaseUrl' | 'natsUrl'>,
): Promise<Service> {
  const { bus, clock, logger, database, sealing } = dependencies;
  const random = systemRandom;
  const runner = newGatewayName();
  const { jobLeaseMs: leaseMs, jobPollMs: pollMs } = settings;
  const stores: JobDependencies = { database, sealing, clock, nextId: createIdGenerator(clock, random) };
  const metrics = createJobMetrics(dependencies.metrics);
  const endpoints = new Map(createEndpoints().map((endpoint) => [endpoint.path, endpoint]));
  const persist = createPersist({ clock, logger });
  const announce = (jobId: string): void =>
    bus.publishCore({ subject: subjects.jobChanged(jobId), payload: new Uint8Array() });
  const parts: Stoppable[] = [];
  try {
    const relay = await startRelay({ ...dependencies, gateway: runner, random }, settings);
    parts.push(relay);
    const delivering = startDelivering({
      ...stores,
      logger,
      random,
      settings,
      runner,
      pollMs,
      ended: metrics.webhooks,
    });
    parts.push(
      delivering,
      startHousekeeping({ database, clock, logger }),
      startDataProtection({ ...dependencies, ...stores }, relay.policies),
    );
    const wire = readsWireFormat(dependencies, settings);
    const replaying = startReplaying({ ...dependencies, relay, translate: wire.translate }, pollMs);
    parts.push(wire, replaying, await onDeadLetter(dependencies, () => replaying.wake()));
    const keepConsented = async (answer: ConsentedAnswer): Promise<void> => {
      try {
        await keepExample({ database, sealing, clock }, answer);
      } catch (error) {
        logger.error({ error, requestId: answer.requestId }, 'a training example could not be kept');
      }
    };
    const maxAttempts = settings.jobAttempts;
    const common = { relay, random, logger, clock, endpoints, persist, keepConsented, maxAttempts };

    const onEnded = (status: JobEnding['status']): void => {
      metrics.jobs.inc({ status });
      delivering.wake();
    };
    const runJobs = (kind: JobKind, concurrency: number, perTenant: number): Work => {
      const queue = createJobQueue(stores, kind, runner, leaseMs);
      return startWork<TakenJob>({
        clock,
        logger,
        name: `${kind}s`,
        concurrency,
        pollMs,
        leaseMs,
        idOf: ({ job }) => job.id,
        take: (running) =>
          queue.take(
            fullTenants(
              running.map(({ job }) => job.principal.tenant),
              perTenant,
            ),
          ),
        keep: (ids) => queue.keep(ids),
        release: () => queue.release(),
        run: (taken, signals) => runJob({ ...common, queue, announce, onEnded }, taken, signals),
      });
    };
    const jobs = runJobs('job', settings.jobsConcurrency, settings.jobsPerTenant);
    parts.push(jobs);
    const responses = runJobs('response', settings.responsesConcurrency, settings.responsesPerTenant);
    parts.push(responses);

    const batchQueue = createBatchQueue(stores, runner, leaseMs);
    const batches = startWork<TakenBatch>({
      clock,
      logger,
      name: 'batches',
      concurrency: settings.batchesConcurrency,
      pollMs,
      leaseMs,
      idOf: ({ batch }) => batch.id,
      take: (running) =>
        batchQueue.take(
          fullTenants(
            running.map(({ batch }) => batch.principal.tenant),
            settings.batchesPerTenant,
          ),
        ),
      keep: (ids) => batchQueue.keep(ids),
      release: () => batchQueue.release(),
      run: (taken, signals) =>
        runBatch(
          {
            ...common,
            queue: batchQueue,
            files: createFileStore(stores),
            concurrency: settings.batchLinesConcurrency,
            maxLines: settings.batchMaxLines,
            maxLineBytes,
            retentionMs: settings.batchRetentionMs,
            onLineEnded: (status) => metrics.lines.inc({ status }),
            onEnded(status) {
              metrics.batches.inc({ status });
              delivering.wake();
            },
          },
          taken,
          signals,
        ),
    });
    parts.push(batches);
    metrics.watchRunning({ job: jobs, response: responses, batch: batches });
    parts.push(
      await consumeEvents(
        dependencies,
        'pii.found',
        {
          stage: 'jobs',
          consumer: consumerDefinitions().findings,
          maxBatch: 256,
          maxDeliveries: findingMaxDeliveries,
        },
        onPiiFound(database),
      ),
    );
    parts.push(
      await onJobsWaiting(dependencies, () => {
        jobs.wake();
        responses.wake();
        batches.wake();
        delivering.wake();
        replaying.wake();
      }),
    );
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
  return {
    async ready() {
      if (!bus.connected) return 'not connected to NATS';
      await database.execute(sql`select 1`);
      return undefined;
    },
    stop: () => stopInReverse(parts),
  };
}

/** Tenants that have as many jobs at work as they may. */
function fullTenants(running: readonly string[], limit: number): readonly string[] {
  const counts = Map.groupBy(running, (tenant) => tenant);
  return [...counts].filter(([, jobs]) => jobs.length >= limit).map(([tenant]) => tenant);
}
