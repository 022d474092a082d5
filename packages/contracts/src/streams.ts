import { createHash } from 'node:crypto';
import { intakePlaceOf, subjects, subjectToken } from './subjects.ts';

/**
 * Streams, buckets and consumers as data. The bus creates or updates them at start and checks what the server made of
 * them. Durations are milliseconds, sizes bytes; the adapter translates.
 */
export interface StreamDefinition {
  readonly name: string;
  readonly subjects: readonly string[];
  /** `workqueue`: a message goes when it is acked. `limits`: it stays until it is too old. */
  readonly retention: 'workqueue' | 'limits';
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
  readonly maxMessages?: number;
  /** Of each subject: where the stream is to refuse new messages, it does so by subject. */
  readonly maxMessagesPerSubject?: number;
  /** Whether a message may say itself how long it is kept. */
  readonly allowMessageTtl?: boolean;
  /** Whether a full stream refuses new messages (`new`) or drops old ones (`old`). */
  readonly discard: 'new' | 'old';
  /** How long the server remembers message ids. */
  readonly duplicateWindowMs: number;
  /** Whether the server refuses to delete, or to purge, what is stored: messages go by age alone, where the stream has one. */
  readonly denyDelete?: boolean;
  readonly denyPurge?: boolean;
  /** Repeats each message, once it is stored, on a core subject. */
  readonly republish?: { readonly source: string; readonly destination: string };
}

export interface BucketDefinition {
  readonly name: string;
  readonly maxAgeMs?: number;
  readonly history: number;
}

export interface ConsumerDefinition {
  readonly stream: string;
  readonly durable: string;
  readonly filterSubject: string;
  /** How long a worker may be silent before its message goes to another. */
  readonly ackWaitMs: number;
  readonly maxAckPending: number;
  /** After so long without a worker the server forgets it; by default never. */
  readonly inactiveMs?: number;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const mebibyte = 1024 * 1024;
const duplicateWindowMs = 2 * minuteMs;

/** How long a dead letter can be replayed. */
export const deadLettersKeptMs = 90 * dayMs;

/** What the ledger and the chains are made of, and they themselves. The server lets nobody take this back. */
const undeletable = { denyDelete: true, denyPurge: true } as const;

/** Sizes that an operator may change. */
export interface StreamLimits {
  /** Most requests that wait for admission: more means 503 at the front door. */
  readonly receivedMaxMessages: number;
  /** Size at which RESULTS drops its oldest records. */
  readonly resultsMaxBytes: number;
  /** Most requests of one queue that wait, and the size of all: more are refused to whoever publishes them. */
  readonly intakeMaxMessages: number;
  readonly intakeMaxBytes: number;
  /** How long answers to requests of queues and topics can be read. */
  readonly answersMaxAgeMs: number;
  /** Size at which ANSWERS drops its oldest messages. */
  readonly answersMaxBytes: number;
}

export const defaultStreamLimits: StreamLimits = {
  receivedMaxMessages: 10_000,
  resultsMaxBytes: 2048 * mebibyte,
  intakeMaxMessages: 100_000,
  intakeMaxBytes: 1024 * mebibyte,
  answersMaxAgeMs: dayMs,
  answersMaxBytes: 4096 * mebibyte,
};

/** @param given the limits that are not as by default */
export function streamDefinitions(given: Partial<StreamLimits> = {}): readonly StreamDefinition[] {
  const limits = { ...defaultStreamLimits, ...given };
  const workQueue = (name: string, subject: string): StreamDefinition => ({
    name,
    subjects: [subject],
    retention: 'workqueue',
    discard: 'new',
    duplicateWindowMs,
  });
  return [
    { ...workQueue('RECEIVED', 'mr.request.received.*'), maxMessages: limits.receivedMaxMessages },
    workQueue('ADMITTED', 'mr.request.admitted.*'),
    workQueue('SCRUBBED', 'mr.request.scrubbed.*.*'),
    {
      name: 'RESULTS',
      subjects: ['mr.result.*.*'],
      retention: 'limits',
      maxAgeMs: 15 * minuteMs,
      maxBytes: limits.resultsMaxBytes,
      discard: 'old',
      duplicateWindowMs,
      republish: { source: 'mr.result.*.*', destination: 'mr.relay.{{wildcard(1)}}.{{wildcard(2)}}' },
    },
    {
      name: 'ADMISSIONS',
      subjects: ['mr.admission.decided.*'],
      retention: 'limits',
      // The longest window of a quota, a month, and what may still be open from before it.
      maxAgeMs: 35 * dayMs,
      discard: 'old',
      duplicateWindowMs,
    },
    {
      name: 'CLOSED',
      subjects: ['mr.request.closed.*.*'],
      retention: 'limits',
      maxAgeMs: 90 * dayMs,
      discard: 'old',
      duplicateWindowMs,
      ...undeletable,
    },
    {
      name: 'BILLING',
      subjects: ['mr.billing.*.*', 'mr.budget.reached.*.*'],
      retention: 'limits',
      discard: 'new',
      duplicateWindowMs,
      ...undeletable,
    },
    {
      // Each act is copied to the chain of its tenant, which has no end.
      name: 'ACTS',
      subjects: ['mr.act.*'],
      retention: 'limits',
      maxAgeMs: 90 * dayMs,
      discard: 'old',
      duplicateWindowMs,
      ...undeletable,
    },
    {
      name: 'AUDIT',
      subjects: ['mr.audit.recorded.*'],
      retention: 'limits',
      discard: 'new',
      duplicateWindowMs,
      ...undeletable,
    },
    {
      name: 'CHECKPOINTS',
      subjects: ['mr.audit.checkpointed.*'],
      retention: 'limits',
      discard: 'new',
      duplicateWindowMs,
      ...undeletable,
    },
    {
      name: 'FINDINGS',
      subjects: ['mr.pii.found.*'],
      retention: 'limits',
      maxAgeMs: 90 * dayMs,
      discard: 'old',
      duplicateWindowMs,
      ...undeletable,
    },
    {
      ...workQueue('INTAKE', 'mr.intake.*.*'),
      // The third token is a lane of a queue whose requests are done one after the other.
      subjects: ['mr.intake.*.*', 'mr.intake.*.*.*'],
      maxMessagesPerSubject: limits.intakeMaxMessages,
      maxBytes: limits.intakeMaxBytes,
    },
    {
      name: 'ANSWERS',
      subjects: ['mr.answers.*.*.*'],
      retention: 'limits',
      maxAgeMs: limits.answersMaxAgeMs,
      maxBytes: limits.answersMaxBytes,
      allowMessageTtl: true,
      discard: 'old',
      duplicateWindowMs,
    },
    {
      name: 'DEADLETTER',
      subjects: ['mr.deadletter.*.*'],
      retention: 'limits',
      maxAgeMs: deadLettersKeptMs,
      discard: 'old',
      duplicateWindowMs,
    },
    workQueue('RETURNED', 'mr.letter.returned.*'),
  ];
}

/**
 * CONTROL holds what is watched: cancellations, revocations, models, prices, public keys, policies. KEYS holds the wrapped data keys of
 * the tenants and their users; what is replaced there stays until it is overwritten, so it has a history.
 */
export const bucketDefinitions: readonly BucketDefinition[] = [
  { name: 'CONTROL', history: 1 },
  { name: 'KEYS', history: 2 },
  { name: 'IDEMPOTENCY', history: 1, maxAgeMs: dayMs },
];

/** How long a worker may be silent. Short, since it is also how long a client waits after a worker has died. */
export const defaultAckWaitMs = 10_000;

/** The consumers of the stages. Inference has one for each model: see `inferenceConsumer`. */
export function consumerDefinitions(
  ackWaitMs: number = defaultAckWaitMs,
): Readonly<Record<StageConsumer, ConsumerDefinition>> {
  const define = (stream: string, durable: string, filterSubject: string, maxAckPending: number) => ({
    stream,
    durable,
    filterSubject,
    ackWaitMs,
    maxAckPending,
  });
  return {
    admission: define('RECEIVED', 'auth-quota', 'mr.request.received.*', 2_048),
    scrubbing: define('ADMITTED', 'pii', 'mr.request.admitted.*', 1_024),
    billing: define('CLOSED', 'billing', 'mr.request.closed.*.*', 4_096),
    audit: define('CLOSED', 'audit', 'mr.request.closed.*.*', 4_096),
    settlement: define('CLOSED', 'auth-quota', 'mr.request.closed.*.*', 4_096),
    acts: define('ACTS', 'audit', 'mr.act.*', 1_024),
    deadLetters: define('DEADLETTER', 'jobs', 'mr.deadletter.*.*', 1_024),
    returnedToBilling: define('RETURNED', 'billing', 'mr.letter.returned.billing', 256),
    returnedToAudit: define('RETURNED', 'audit', 'mr.letter.returned.audit', 256),
    returnedToSettlement: define('RETURNED', 'auth-quota', 'mr.letter.returned.auth-quota', 256),
    counting: define('CLOSED', 'pii', 'mr.request.closed.*.*', 256),
    findings: define('FINDINGS', 'jobs-findings', 'mr.pii.found.*', 4_096),
    foundInAnswers: define('FINDINGS', 'audit-findings', 'mr.pii.found.*', 4_096),
    checkpoints: define('AUDIT', 'audit-checkpoints', 'mr.audit.recorded.*', 16_384),
  };
}

export type StageConsumer =
  | 'admission'
  | 'scrubbing'
  | 'billing'
  | 'audit'
  | 'settlement'
  | 'acts'
  | 'deadLetters'
  | 'returnedToBilling'
  | 'returnedToAudit'
  | 'returnedToSettlement'
  | 'counting'
  | 'findings'
  | 'foundInAnswers'
  | 'checkpoints';

/** A queue without a reader for so long is forgotten; its messages stay. */
const queueInactiveMs = 60 * minuteMs;

/** Requests of one queue that are being answered, by all replicas together. */
const queueMaxAckPending = 1_024;

/**
 * The consumer of one subject of INTAKE, which the replicas of ingress share. In a lane one request is done after the other, whatever
 * happens to who does it.
 */
export function intakeConsumer(subject: string, ackWaitMs: number = defaultAckWaitMs): ConsumerDefinition {
  const [, , ...tokens] = subject.split('.');
  return {
    stream: 'INTAKE',
    durable: durableName(['intake', ...tokens]),
    filterSubject: subject,
    ackWaitMs,
    maxAckPending: intakePlaceOf(subject)?.lane === undefined ? queueMaxAckPending : 1,
    inactiveMs: queueInactiveMs,
  };
}

/** nats-server takes 255 characters. */
const longestName = 200;

/** A name of tokens of subjects, in which `~` does not occur; a hash where that would be too long. */
function durableName([kind = '', ...tokens]: readonly string[]): string {
  const name = [kind, ...tokens].join('~');
  if (name.length <= longestName) return name;
  return `${kind}~~${createHash('sha256').update(name).digest('hex')}`;
}

/** How long a reader of answers may be silent before another gets them. */
const answersAckWaitMs = 30_000;

/**
 * The consumer of ANSWERS that the clients of a tenant share, made by ingress: whoever may make consumers could have the server publish to
 * any subject. Where it has had no reader for a day, it begins anew with what is there, which nobody has read.
 */
export function answersConsumer(tenant: string): ConsumerDefinition {
  return {
    stream: 'ANSWERS',
    // Others read this stream too, under names without a tenant.
    durable: durableName(['tenant', subjectToken(tenant)]),
    filterSubject: subjects.answersOf(tenant),
    ackWaitMs: answersAckWaitMs,
    maxAckPending: 4_096,
    inactiveMs: dayMs,
  };
}

/** The consumer that the workers of one model share. */
export function inferenceConsumer(
  modelToken: string,
  ackWaitMs: number = defaultAckWaitMs,
): ConsumerDefinition {
  return {
    stream: 'SCRUBBED',
    durable: `inference-${modelToken}`,
    filterSubject: `mr.request.scrubbed.${modelToken}.*`,
    ackWaitMs,
    // What all workers together work on and let wait.
    maxAckPending: 8_192,
  };
}
