import { catalogue, kafkaTopic, type CatalogueEntry } from './catalogue.ts';
import { bucketDefinitions, consumerDefinitions, streamDefinitions, type StageConsumer } from './streams.ts';

/** What one user of NATS may do; subjects, with wildcards. */
export interface NatsPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Whether it may answer what it is asked. */
  readonly respond: boolean;
}

/** The services that have a user of their own. */
export const natsUsers = [
  'admin',
  'audit',
  'auth-quota',
  'billing',
  'edge',
  'inference',
  'ingress',
  'jobs',
  'mirrors',
  'pii',
  'providers',
] as const;

/** Users that are no services and only read: `analyst` has the streams of the events that the catalogue gives to analysts. */
export const natsReaders = ['analyst'] as const;

export type NatsUser = (typeof natsUsers)[number] | (typeof natsReaders)[number];

/** Whose the durable consumers are. */
const consumersOf: Readonly<Record<NatsUser, readonly StageConsumer[]>> = {
  admin: [],
  analyst: [],
  audit: ['audit', 'acts', 'checkpoints', 'foundInAnswers', 'returnedToAudit'],
  'auth-quota': ['admission', 'settlement', 'returnedToSettlement'],
  billing: ['billing', 'returnedToBilling'],
  edge: [],
  inference: [],
  ingress: [],
  jobs: ['deadLetters', 'findings'],
  mirrors: [],
  pii: ['scrubbing', 'counting'],
  providers: [],
};

/** Signals without content, which have no schema. */
const signals = [
  { publishers: ['ingress', 'jobs', 'admin'], subscribers: ['jobs'], subject: 'mr.jobs.waiting' },
  { publishers: ['jobs', 'ingress'], subscribers: ['ingress', 'jobs'], subject: 'mr.jobs.changed.*' },
] as const satisfies readonly {
  readonly publishers: readonly NatsUser[];
  readonly subscribers: readonly NatsUser[];
  readonly subject: string;
}[];

const buckets: ReadonlySet<string> = new Set(bucketDefinitions.map(({ name }) => name));
const entries: readonly CatalogueEntry[] = Object.values(catalogue);
const isFor = (users: readonly string[], user: NatsUser): boolean =>
  users.includes(user) || users.includes('all services');

/**
 * What the user of a service needs, and no more: the subjects of the events that it produces, its own consumers, the streams and
 * buckets that it reads. Made of the catalogue, so that it stays what the services do. Only that of auth-quota may create and update
 * streams: the others run with `MILLRACE_PROVISION=check`.
 */
export function natsPermissions(user: NatsUser): NatsPermissions {
  if (user === 'analyst') return readingAlone(user);
  const publish = new Set<string>();
  const subscribe = new Set([`_INBOX.${user}.>`]);
  let respond = false;
  for (const { producers, consumers, subject, storedIn } of entries) {
    if (storedIn === kafkaTopic || (!subject.startsWith('mr.') && storedIn === undefined)) continue;
    const isProducer = isFor(producers, user);
    const isConsumer = isFor(consumers, user);
    if (isProducer) publish.add(patternOf(subject, storedIn));
    // Of a lane.
    if (isProducer && storedIn === 'INTAKE') publish.add(`${patternOf(subject, storedIn)}.*`);
    if (storedIn === undefined) {
      if (!isConsumer) continue;
      subscribe.add(patternOf(subject, storedIn));
      respond = true;
    } else if (buckets.has(storedIn) ? isProducer || isConsumer : isReader(user, storedIn)) {
      for (const each of reading(storedIn)) publish.add(each);
    }
  }
  for (const each of working(user)) publish.add(each);
  for (const each of maintenance[user] ?? []) publish.add(each);
  for (const { publishers, subscribers, subject } of signals) {
    if (isFor(publishers, user)) publish.add(subject);
    if (isFor(subscribers, user)) subscribe.add(subject);
  }
  // What RESULTS repeats to the gateways.
  if (catalogue['request.received'].producers.includes(user)) subscribe.add('mr.relay.>');
  for (const each of provisioning(user)) publish.add(each);
  return { publish: [...publish].toSorted(), subscribe: [...subscribe].toSorted(), respond };
}

/**
 * Messages by subject, and how much there is. No consumers: who may make one could change those of the services. Nothing of what is
 * not sealed, so not ANSWERS.
 */
function readingAlone(user: NatsUser): NatsPermissions {
  const streams = new Set(
    entries.flatMap(({ consumers, storedIn }) =>
      storedIn !== undefined && storedIn !== kafkaTopic && consumers.includes('analysts') ? [storedIn] : [],
    ),
  );
  const publish = [...streams].flatMap((stream) => [...reading(stream), `$JS.API.STREAM.INFO.${stream}`]);
  return { publish: publish.toSorted(), subscribe: [`_INBOX.${user}.>`], respond: false };
}

/**
 * Streams that are read by subject, not worked off. Who appends with the expected last sequence looks it up, and so does who has to
 * know whether a request is closed; audit looks for what receipts are asked for. The administration exports from them.
 */
const readers: Readonly<Record<string, readonly NatsUser[]>> = {
  RESULTS: ['edge', 'ingress', 'jobs', 'auth-quota', 'pii', 'inference', 'providers', 'admin'],
  CLOSED: [
    'edge',
    'ingress',
    'jobs',
    'auth-quota',
    'pii',
    'inference',
    'providers',
    'admin',
    'audit',
    'mirrors',
  ],
  BILLING: ['mirrors'],
  AUDIT: ['audit', 'ingress', 'admin', 'mirrors'],
  ANSWERS: ['ingress', 'mirrors'],
  CHECKPOINTS: ['audit', 'ingress'],
  ADMISSIONS: ['auth-quota'],
  DEADLETTER: ['jobs', 'admin'],
};

function isReader(user: NatsUser, stream: string): boolean {
  return readers[stream]?.includes(user) ?? false;
}

/** What else is done to streams: contents that are to be gone are purged, keys and values that are to be gone overwritten. */
const maintenance: Readonly<Partial<Record<NatsUser, readonly string[]>>> = {
  admin: [
    '$JS.API.STREAM.MSG.DELETE.KV_CONTROL',
    '$JS.API.STREAM.MSG.DELETE.KV_KEYS',
    '$JS.API.STREAM.PURGE.ANSWERS',
    '$JS.API.STREAM.PURGE.DEADLETTER',
    '$JS.API.STREAM.PURGE.INTAKE',
    '$JS.API.STREAM.PURGE.RESULTS',
  ],
  'auth-quota': ['$JS.API.STREAM.MSG.DELETE.KV_CONTROL'],
  jobs: [
    '$JS.API.STREAM.MSG.DELETE.KV_KEYS',
    '$JS.API.STREAM.PURGE.ANSWERS',
    '$JS.API.STREAM.PURGE.DEADLETTER',
    '$JS.API.STREAM.PURGE.INTAKE',
    '$JS.API.STREAM.PURGE.RESULTS',
  ],
};

function patternOf(subject: string, storedIn: string | undefined): string {
  // Users have keys of their own, one level below those of their tenant.
  if (storedIn === 'KEYS') return '$KV.KEYS.>';
  const pattern = subject.replaceAll(/<[^>]+>/gu, '*');
  return storedIn !== undefined && buckets.has(storedIn) ? `$KV.${storedIn}.${pattern}` : pattern;
}

/** Messages by subject; of a bucket also whatever is put there from now on. */
function reading(storedIn: string): readonly string[] {
  const isBucket = buckets.has(storedIn);
  const stream = isBucket ? `KV_${storedIn}` : storedIn;
  const messages = [`$JS.API.STREAM.MSG.GET.${stream}`, `$JS.API.DIRECT.GET.${stream}`];
  if (!isBucket) return messages;
  return [...messages, `$JS.API.CONSUMER.CREATE.${stream}`, `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`];
}

/** Its durable consumers: made, asked for more, acked. */
function working(user: NatsUser): readonly string[] {
  const definitions = consumerDefinitions();
  const own = consumersOf[user].map((name) => definitions[name]);
  const subjects = own.flatMap(({ stream, durable, filterSubject }) => [
    `$JS.API.CONSUMER.CREATE.${stream}.${durable}.${filterSubject}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.ACK.${stream}.${durable}.>`,
  ]);
  // One for each queue.
  if (user === 'ingress')
    return [
      ...subjects,
      '$JS.API.CONSUMER.CREATE.INTAKE.*.mr.intake.>',
      '$JS.API.CONSUMER.CREATE.ANSWERS.*.mr.answers.*.>',
      '$JS.API.CONSUMER.MSG.NEXT.INTAKE.*',
      '$JS.ACK.INTAKE.>',
    ];
  // One for each model, and models of both share the stream.
  if (user !== 'inference' && user !== 'providers') return subjects;
  return [
    ...subjects,
    '$JS.API.CONSUMER.CREATE.SCRUBBED.*.mr.request.scrubbed.*.*',
    '$JS.API.CONSUMER.MSG.NEXT.SCRUBBED.*',
    '$JS.ACK.SCRUBBED.>',
  ];
}

function provisioning(user: NatsUser): readonly string[] {
  const streams = [
    ...streamDefinitions().map(({ name }) => name),
    ...bucketDefinitions.map(({ name }) => `KV_${name}`),
  ];
  const operations = user === 'auth-quota' ? ['CREATE', 'UPDATE', 'INFO'] : ['INFO'];
  return streams.flatMap((stream) => operations.map((operation) => `$JS.API.STREAM.${operation}.${stream}`));
}
