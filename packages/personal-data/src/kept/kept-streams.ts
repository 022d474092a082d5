import { bucketDefinitions, streamDefinitions } from '@millrace/contracts';
import { inWords, type KeptData } from './kept-data.ts';

type Facts = Pick<KeptData, 'holds' | 'sealed' | 'personal' | 'erasure'> & {
  /** Where its age is not the whole truth. */
  readonly kept?: string;
};

const shredded = 'Its keys are destroyed: what is there cannot be read, and goes with its age.';
const stays =
  'Stays: it proves what was used and decided, and has no content. The digest of an answer in it is sealed, and shredded.';

/** By name of the stream. */
const streamFacts: Readonly<Record<string, Facts>> = {
  RECEIVED: {
    holds: 'Requests that wait for admission.',
    sealed: 'content',
    personal: 'content',
    kept: 'until it is admitted or refused',
    erasure: shredded,
  },
  ADMITTED: {
    holds: 'Requests that wait for the scrubber.',
    sealed: 'content',
    personal: 'content',
    kept: 'until it is scrubbed',
    erasure: shredded,
  },
  SCRUBBED: {
    holds: 'Requests that wait for a worker, with placeholders for personal data that was found.',
    sealed: 'content',
    personal: 'content',
    kept: 'until it is answered',
    erasure: shredded,
  },
  RESULTS: {
    holds:
      'Answers as they are generated, and what placeholders stand for. With zero retention it is removed a minute after the end of a request.',
    sealed: 'content',
    personal: 'content',
    erasure: shredded,
  },
  ADMISSIONS: {
    holds: 'What was admitted and refused, with which reserve.',
    sealed: 'nothing',
    personal: 'ids',
    erasure: 'Stays until its age is reached: quotas are counted anew from it. It has no content.',
  },
  ACTS: {
    holds: 'Administrative acts: who did what to which object, without secrets and content.',
    sealed: 'nothing',
    personal: 'ids',
    erasure: stays,
  },
  FINDINGS: {
    holds: 'How much personal data of which type was found in requests and answers: no values.',
    sealed: 'nothing',
    personal: 'ids',
    erasure: 'Stays until its age is reached: it has no content.',
  },
  CHECKPOINTS: {
    holds: 'Signed roots of the audit chains.',
    sealed: 'nothing',
    personal: 'none',
    kept: 'for ever',
    erasure: 'Stays: it proves that nothing was changed.',
  },
  CLOSED: {
    holds: 'How each request ended: who asked, model, usage, decisions, a sealed digest of the answer.',
    sealed: 'content',
    personal: 'ids',
    erasure: stays,
  },
  BILLING: {
    holds: 'What was charged, as in the ledger.',
    sealed: 'nothing',
    personal: 'ids',
    kept: 'for ever',
    erasure: 'Stays: books have to be kept. It has no content.',
  },
  AUDIT: {
    holds: 'The hash chain of each tenant over what was decided.',
    sealed: 'content',
    personal: 'ids',
    kept: 'for ever: deletion is denied',
    erasure: stays,
  },
  INTAKE: {
    holds:
      'Requests of queues and topics that wait, as their senders have written them. NATS encrypts its files: see privacy.md.',
    sealed: 'nothing',
    personal: 'content',
    kept: 'until it is answered',
    erasure: 'Removed with the tenant. What comes by a queue belongs to no user.',
  },
  ANSWERS: {
    holds:
      'Answers to requests of queues and topics, for their senders to read. NATS encrypts its files: see privacy.md. With zero retention it is removed after 5 minutes.',
    sealed: 'nothing',
    personal: 'content',
    erasure: 'Removed with the tenant. What comes by a queue belongs to no user.',
  },
  DEADLETTER: {
    holds:
      'Messages that could not be processed, with the headers that they came with. With zero retention it is removed as results are.',
    sealed: 'content',
    personal: 'content',
    erasure: shredded,
  },
  RETURNED: {
    holds: 'Closings and acts that a stage had given up and is to try again.',
    sealed: 'content',
    personal: 'ids',
    kept: 'until it is done',
    erasure: stays,
  },
};

/** By name of the bucket. */
const bucketFacts: Readonly<Record<string, Facts>> = {
  CONTROL: {
    holds: 'Cancellations (for an hour), revoked API keys, models, prices, policies.',
    sealed: 'nothing',
    personal: 'ids',
    kept: 'until it is replaced',
    erasure: 'Stays: revoked keys have to stay revoked.',
  },
  KEYS: {
    holds: 'The data keys of tenants and users.',
    sealed: 'keys',
    personal: 'none',
    kept: 'until it is erased, or an older one seals nothing that is kept',
    erasure: 'Destroyed and overwritten: this is what shreds everything else.',
  },
  IDEMPOTENCY: {
    holds: 'Hashes of idempotency keys, and sealed digests of their requests.',
    sealed: 'content',
    personal: 'ids',
    erasure: 'Of a tenant: shredded. Of a user: digests go with their age.',
  },
};

/** All streams and buckets. @throws where one is not described */
export function keptStreams(): readonly KeptData[] {
  return [
    ...streamDefinitions().map(({ name, maxAgeMs }) => keptOf('stream', name, streamFacts[name], maxAgeMs)),
    ...bucketDefinitions.map(({ name, maxAgeMs }) => keptOf('bucket', name, bucketFacts[name], maxAgeMs)),
  ];
}

function keptOf(
  kind: 'stream' | 'bucket',
  store: string,
  facts: Facts | undefined,
  maxAgeMs: number | undefined,
): KeptData {
  if (facts === undefined) throw new Error(`the ${kind} ${store} is not described in kept-streams.ts`);
  const kept = facts.kept ?? (maxAgeMs === undefined ? 'for ever' : inWords(maxAgeMs));
  return { kind, store, ...facts, keptMs: maxAgeMs, kept };
}
