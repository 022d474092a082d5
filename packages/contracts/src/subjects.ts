import { createHash } from 'node:crypto';

/**
 * Every subject of Millrace. Ids and names become subject tokens through `subjectToken` alone.
 *
 * A token must not hold dots, blanks or wildcards, and must not be empty.
 */
const plainToken = /^[A-Za-z0-9_-]+$/;
const encodedPrefix = '=';

/** Encodes any text as one subject token; plain ids stay as they are. The inverse is `fromSubjectToken`. */
export function subjectToken(text: string): string {
  if (plainToken.test(text)) return text;
  return encodedPrefix + Buffer.from(text, 'utf8').toString('base64url');
}

/** The text that `subjectToken` encoded. */
export function fromSubjectToken(token: string): string {
  if (!token.startsWith(encodedPrefix)) return token;
  return Buffer.from(token.slice(encodedPrefix.length), 'base64url').toString('utf8');
}

export type Priority = 'HIGH' | 'NORMAL' | 'LOW';

/** Number of lanes that the tenants of one priority are spread over. */
const lanes = 8;

/** The lane of a request: its priority and its tenant's share of eight, such as `normal-3`. */
export function laneOf(priority: Priority, tenant: string): string {
  const hash = createHash('sha256').update(tenant).digest().readUInt32BE(0);
  return `${priority.toLowerCase()}-${hash % lanes}`;
}

export const subjects = {
  received: (tenant: string) => `mr.request.received.${subjectToken(tenant)}`,
  admitted: (tenant: string) => `mr.request.admitted.${subjectToken(tenant)}`,
  decided: (tenant: string) => `mr.admission.decided.${subjectToken(tenant)}`,
  scrubbed: (model: string, lane: string) => `mr.request.scrubbed.${subjectToken(model)}.${lane}`,
  scrubbedOfModel: (model: string) => `mr.request.scrubbed.${subjectToken(model)}.>`,
  result: (gateway: string, requestId: string) => `mr.result.${subjectToken(gateway)}.${requestId}`,
  resultsOfRequest: (requestId: string) => `mr.result.*.${requestId}`,
  closed: (tenant: string, requestId: string) => `mr.request.closed.${subjectToken(tenant)}.${requestId}`,
  charged: (tenant: string) => `mr.billing.charged.${subjectToken(tenant)}`,
  adjusted: (tenant: string) => `mr.billing.adjusted.${subjectToken(tenant)}`,
  /** `scope` is that of a quota: `organisation`, `project`, `user`, `key` or `model`. */
  budgetReached: (scope: string, subject: string) => `mr.budget.reached.${scope}.${subjectToken(subject)}`,
  recorded: (tenant: string) => `mr.audit.recorded.${subjectToken(tenant)}`,
  checkpointed: (tenant: string) => `mr.audit.checkpointed.${subjectToken(tenant)}`,
  found: (tenant: string) => `mr.pii.found.${subjectToken(tenant)}`,
  act: (tenant: string) => `mr.act.${subjectToken(tenant)}`,
  deadLetter: (stage: string, tenant: string) =>
    `mr.deadletter.${subjectToken(stage)}.${subjectToken(tenant)}`,
  deadLettersOf: (tenant: string) => `mr.deadletter.*.${subjectToken(tenant)}`,
  /** `lane`: of a queue whose requests are done one after the other, from 0. */
  intake: (tenant: string, queue: string, lane?: number) =>
    `mr.intake.${subjectToken(tenant)}.${subjectToken(queue)}${lane === undefined ? '' : `.${lane}`}`,
  intakesOf: (tenant: string) => `mr.intake.${subjectToken(tenant)}.>`,
  answer: (tenant: string, queue: string, requestId: string) =>
    `mr.answers.${subjectToken(tenant)}.${subjectToken(queue)}.${requestId}`,
  answersOf: (tenant: string) => `mr.answers.${subjectToken(tenant)}.>`,
  /** A dead letter is handed back to the stage that has given it up. */
  letterReturned: (stage: string) => `mr.letter.returned.${subjectToken(stage)}`,
  /** What the server repeats to a gateway once it is stored in RESULTS. */
  relayedToGateway: (gateway: string) => `mr.relay.${subjectToken(gateway)}.>`,
  /** Request and reply: credential in, principal out. */
  verify: 'mr.auth.verify',
  /** Request and reply: a request that has ended in, its signed receipt out. */
  receipt: 'mr.audit.receipt',
  /** Every worker says what it is doing, to the subject of the question. */
  workerAsked: 'mr.worker.asked',
  workerDescribed: (question: string) => `mr.worker.described.${question}`,
  /** There may be something to do for those who run jobs. */
  jobsWaiting: 'mr.jobs.waiting',
  /** The state of a job has changed. */
  jobChanged: (jobId: string) => `mr.jobs.changed.${subjectToken(jobId)}`,
  /** Another gateway looks after a request from now on. */
  resumed: (gateway: string) => `mr.gateway.${subjectToken(gateway)}.resumed`,
} as const;

/** Keys of the key-value bucket CONTROL. */
export const controlKeys = {
  cancellation: (requestId: string) => `cancel.${requestId}`,
  cancellations: 'cancel.*',
  revocation: (keyId: string) => `revoked.${subjectToken(keyId)}`,
  revocations: 'revoked.*',
  keyChange: (keyId: string) => `changed.${subjectToken(keyId)}`,
  keyChanges: 'changed.*',
  bar: (kind: 'USER' | 'PROJECT' | 'ORGANISATION' | 'ISSUER', id: string) =>
    `barred.${kind.toLowerCase()}.${subjectToken(id)}`,
  bars: 'barred.*.*',
  model: (name: string) => `model.${subjectToken(name)}`,
  models: 'model.*',
  price: (model: string) => `price.${subjectToken(model)}`,
  prices: 'price.*',
  signer: (keyId: string) => `signer.${subjectToken(keyId)}`,
  signers: 'signer.*',
  policy: (tenant: string) => `policy.${subjectToken(tenant)}`,
  policies: 'policy.*',
  protection: (tenant: string) => `protection.${subjectToken(tenant)}`,
  protections: 'protection.*',
} as const;

/** Which queue a request is in. */
export interface IntakePlace {
  readonly tenant: string;
  readonly queue: string;
  /** Of a queue whose requests are done one after the other. */
  readonly lane: string | undefined;
}

/** The queue of a subject of INTAKE, `mr.intake.<tenant>.<queue>` and, of a lane, one token more; undefined for another subject. */
export function intakePlaceOf(subject: string): IntakePlace | undefined {
  const [root, kind, tenant, queue, lane, ...more] = subject.split('.');
  if (root !== 'mr' || kind !== 'intake' || tenant === undefined || queue === undefined || more.length > 0)
    return undefined;
  return { tenant: fromSubjectToken(tenant), queue: fromSubjectToken(queue), lane };
}

/** The request id at the end of a subject such as that of a result or a closing. */
export function requestIdOf(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}

/** The gateway of a result subject, `mr.result.<gateway>.<request>`. */
export function gatewayOf(resultSubject: string): string {
  return fromSubjectToken(resultSubject.split('.')[2] ?? '');
}
