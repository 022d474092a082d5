import type { Bus } from '@millrace/bus';
import { subjects } from '@millrace/contracts';
import {
  createBatchStore,
  createFileStore,
  createJobStore,
  createKeptAnswers,
  type BatchStore,
  type FileStore,
  type JobStore,
  type KeptAnswer,
  type KeptAnswers,
} from '@millrace/jobs';
import type { GatewayPrincipal } from '@millrace/relay';
import { createIdGenerator, MillraceError, systemRandom, type Clock } from '@millrace/runtime';
import type { Sealing } from '@millrace/sealing';
import { isDatabaseAway } from '@millrace/stage';
import { inTransaction, type Database, type Transaction } from '@millrace/store';

/** What jobs, files and batches are kept with. */
export interface JobsAccess {
  readonly database: Database;
  readonly sealing: Sealing;
  readonly bus: Bus;
}

/** All that is kept in the database for clients. */
export interface Kept {
  readonly jobs: JobStore;
  readonly files: FileStore;
  readonly batches: BatchStore;
  readonly answers: KeptAnswers;
  readonly database: Database;
  /** Does what writes something, once for an idempotency key where there is one. */
  once(
    request: {
      readonly principal: GatewayPrincipal;
      readonly key: string | undefined;
      readonly digest: string;
    },
    work: (transaction: Transaction) => Promise<KeptAnswer>,
  ): Promise<KeptAnswer>;
  /** Tells the runners that there may be work, or something to stop. */
  wakeRunners(): void;
  /** Calls the listener when the job changes, until it is stopped. */
  onJobChanged(jobId: string, listener: () => void): ReturnType<Bus['subscribe']>;
}

export function createKept({ database, sealing, bus }: JobsAccess, clock: Clock): Kept {
  const dependencies = { database, sealing, clock, nextId: createIdGenerator(clock, systemRandom) };
  const answers = createKeptAnswers(dependencies);
  return {
    jobs: createJobStore(dependencies),
    files: createFileStore(dependencies),
    batches: createBatchStore(dependencies),
    answers,
    database,
    async once({ principal, key, digest }, work) {
      if (key === undefined) return inTransaction(database, work);
      return (await answers.once({ principal, key, digest }, work)).answer;
    },
    wakeRunners: () => bus.publishCore({ subject: subjects.jobsWaiting, payload: new Uint8Array() }),
    onJobChanged: (jobId, listener) => bus.subscribe(subjects.jobChanged(jobId), listener),
  };
}

const retryMs = 1_000;

/** What a client is told of an error of these routes: a database that is away is so for a while. */
export function explainKept(error: unknown): unknown {
  if (!isDatabaseAway(error)) return error;
  return new MillraceError('unavailable', 'Jobs, files and batches cannot be reached right now.', {
    cause: error,
    retryAfterMs: retryMs,
  });
}
