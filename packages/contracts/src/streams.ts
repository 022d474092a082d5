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
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const mebibyte = 1024 * 1024;
const duplicateWindowMs = 2 * minuteMs;

/** What the ledger and the chains are made of, and they themselves. The server lets nobody take this back. */
const undeletable = { denyDelete: true, denyPurge: true } as const;

/** Sizes that an operator may change. */
export interface StreamLimits {
  /** Most requests that wait for admission: more means 503 at the front door. */
  readonly receivedMaxMessages: number;
  /** Size at which RESULTS drops its oldest records. */
  readonly resultsMaxBytes: number;
}

export const defaultStreamLimits: StreamLimits = {
  receivedMaxMessages: 10_000,
  resultsMaxBytes: 2048 * mebibyte,
};

export function streamDefinitions(limits: StreamLimits = defaultStreamLimits): readonly StreamDefinition[] {
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
      name: 'DEADLETTER',
      subjects: ['mr.deadletter.*.*'],
      retention: 'limits',
      maxAgeMs: 90 * dayMs,
      discard: 'old',
      duplicateWindowMs,
    },
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
    findings: define('FINDINGS', 'jobs-findings', 'mr.pii.found.*', 4_096),
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
  | 'findings'
  | 'checkpoints';

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
