import type { SchemaName } from './generated/events.ts';

/** Who writes an event, who reads it, and where it lies. */
export interface CatalogueEntry {
  readonly producers: readonly string[];
  readonly consumers: readonly string[];
  /** Subject, or key of a bucket, with the parts that vary in angle brackets. */
  readonly subject: string;
  /** Stream or bucket; `kafkaTopic`: a topic of Kafka, which `subject` names then; undefined: it is not stored. */
  readonly storedIn: string | undefined;
}

/** Of events that are on no subject of NATS. */
export const kafkaTopic = 'Kafka';

/** Who takes requests in: `jobs` does for others what they left to be done later. */
const gateways = ['edge', 'ingress', 'jobs'] as const;
const stages = ['auth-quota', 'pii', 'inference', 'providers'] as const;

export const catalogue: Readonly<Record<SchemaName, CatalogueEntry>> = {
  'request.received': {
    producers: gateways,
    consumers: ['auth-quota'],
    subject: 'mr.request.received.<tenant>',
    storedIn: 'RECEIVED',
  },
  'request.admitted': {
    producers: ['auth-quota'],
    consumers: ['pii'],
    subject: 'mr.request.admitted.<tenant>',
    storedIn: 'ADMITTED',
  },
  'admission.decided': {
    producers: ['auth-quota'],
    consumers: ['auth-quota', 'analysts'],
    subject: 'mr.admission.decided.<tenant>',
    storedIn: 'ADMISSIONS',
  },
  'request.scrubbed': {
    producers: ['pii'],
    consumers: ['inference', 'providers'],
    subject: 'mr.request.scrubbed.<model>.<lane>',
    storedIn: 'SCRUBBED',
  },
  'result.chunk': {
    producers: [...gateways, ...stages],
    consumers: [...gateways, 'inference'],
    subject: 'mr.result.<gateway>.<request>',
    storedIn: 'RESULTS',
  },
  'request.closed': {
    producers: stages,
    consumers: ['auth-quota', 'billing', 'audit', 'pii', 'mirrors', 'analysts'],
    subject: 'mr.request.closed.<tenant>.<request>',
    storedIn: 'CLOSED',
  },
  'billing.charged': {
    producers: ['billing'],
    consumers: ['mirrors', 'analysts'],
    subject: 'mr.billing.charged.<tenant>',
    storedIn: 'BILLING',
  },
  'billing.adjusted': {
    producers: ['billing'],
    consumers: ['mirrors', 'analysts'],
    subject: 'mr.billing.adjusted.<tenant>',
    storedIn: 'BILLING',
  },
  'budget.reached': {
    producers: ['billing'],
    consumers: ['operators', 'analysts'],
    subject: 'mr.budget.reached.<scope>.<subject>',
    storedIn: 'BILLING',
  },
  'price.published': {
    producers: ['billing', 'auth-quota', 'admin'],
    consumers: ['auth-quota', ...gateways, 'mirrors'],
    subject: 'price.<model>',
    storedIn: 'CONTROL',
  },
  'policy.published': {
    producers: ['jobs', 'admin', 'auth-quota'],
    consumers: [...gateways, 'jobs'],
    subject: 'policy.<tenant>',
    storedIn: 'CONTROL',
  },
  'protection.published': {
    producers: ['auth-quota', 'admin'],
    consumers: ['pii'],
    subject: 'protection.<tenant>',
    storedIn: 'CONTROL',
  },
  'pii.found': {
    producers: ['pii'],
    consumers: ['jobs', 'audit', 'analysts'],
    subject: 'mr.pii.found.<tenant>',
    storedIn: 'FINDINGS',
  },
  'audit.recorded': {
    producers: ['audit'],
    consumers: ['mirrors', 'analysts', 'auditors'],
    subject: 'mr.audit.recorded.<tenant>',
    storedIn: 'AUDIT',
  },
  'audit.checkpointed': {
    producers: ['audit'],
    consumers: ['audit', 'auditors'],
    subject: 'mr.audit.checkpointed.<tenant>',
    storedIn: 'CHECKPOINTS',
  },
  'act.performed': {
    producers: ['billing'],
    consumers: ['audit'],
    subject: 'mr.act.<tenant>',
    storedIn: 'ACTS',
  },
  'signer.published': {
    producers: ['audit'],
    consumers: ['auditors'],
    subject: 'signer.<key>',
    storedIn: 'CONTROL',
  },
  'dead.letter': {
    producers: [...stages, 'billing', 'audit', 'ingress'],
    consumers: ['operators', 'jobs', 'admin', 'analysts'],
    subject: 'mr.deadletter.<stage>.<tenant>',
    storedIn: 'DEADLETTER',
  },
  'letter.returned': {
    producers: ['jobs'],
    consumers: ['billing', 'audit', 'auth-quota'],
    subject: 'mr.letter.returned.<stage>',
    storedIn: 'RETURNED',
  },
  'intake.requested': {
    producers: ['upstream systems', 'ingress', 'jobs'],
    consumers: ['ingress'],
    subject: 'mr.intake.<tenant>.<queue>',
    storedIn: 'INTAKE',
  },
  'answer.given': {
    producers: ['ingress'],
    consumers: ['mirrors', 'upstream systems'],
    subject: 'mr.answers.<tenant>.<queue>.<request>',
    storedIn: 'ANSWERS',
  },
  'credential.presented': {
    producers: [...gateways, 'admin'],
    consumers: ['auth-quota'],
    subject: 'mr.auth.verify',
    storedIn: undefined,
  },
  'credential.verified': {
    producers: ['auth-quota'],
    consumers: [...gateways, 'admin'],
    subject: 'the reply to mr.auth.verify',
    storedIn: undefined,
  },
  'receipt.requested': {
    producers: ['edge', 'ingress'],
    consumers: ['audit'],
    subject: 'mr.audit.receipt',
    storedIn: undefined,
  },
  'receipt.given': {
    producers: ['audit'],
    consumers: ['edge', 'ingress'],
    subject: 'the reply to mr.audit.receipt',
    storedIn: undefined,
  },
  'request.cancelled': {
    producers: [...gateways, 'admin'],
    consumers: stages,
    subject: 'cancel.<request>',
    storedIn: 'CONTROL',
  },
  'request.resumed': {
    producers: gateways,
    consumers: gateways,
    subject: 'mr.gateway.<gateway>.resumed',
    storedIn: undefined,
  },
  'key.revoked': {
    // The jobs go on with erasures that were cut off.
    producers: ['auth-quota', 'admin', 'jobs'],
    consumers: [...gateways, 'admin'],
    subject: 'revoked.<key>',
    storedIn: 'CONTROL',
  },
  'key.changed': {
    producers: ['auth-quota', 'admin'],
    consumers: [...gateways, 'admin'],
    subject: 'changed.<key>',
    storedIn: 'CONTROL',
  },
  'access.barred': {
    producers: ['auth-quota'],
    consumers: ['auth-quota', 'admin', ...gateways],
    subject: 'barred.<kind>.<id>',
    storedIn: 'CONTROL',
  },
  'model.ready': {
    producers: ['inference', 'providers'],
    consumers: [...gateways, 'mirrors'],
    subject: 'model.<name>',
    storedIn: 'CONTROL',
  },
  'worker.asked': {
    producers: gateways,
    consumers: ['inference'],
    subject: 'mr.worker.asked',
    storedIn: undefined,
  },
  'worker.described': {
    producers: ['inference'],
    consumers: gateways,
    subject: 'mr.worker.described.<question>',
    storedIn: undefined,
  },
  'idempotency.claimed': {
    producers: gateways,
    consumers: gateways,
    subject: '<hash>',
    storedIn: 'IDEMPOTENCY',
  },
  'key.wrapped': {
    producers: ['all services'],
    consumers: ['all services'],
    subject: '<tenant>',
    storedIn: 'KEYS',
  },
  'tenant.described': {
    producers: ['mirrors'],
    consumers: ['analysts'],
    subject: 'millrace.tenants.v1',
    storedIn: kafkaTopic,
  },
  'mirror.progressed': {
    producers: ['mirrors'],
    consumers: ['mirrors'],
    subject: 'millrace.mirrors.state.v1',
    storedIn: kafkaTopic,
  },
};
