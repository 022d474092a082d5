import { getTableName } from '@millrace/store/sql';
import { tables } from '@millrace/store';
import type { KeptData } from './kept-data.ts';

type Facts = Pick<KeptData, 'holds' | 'sealed' | 'personal' | 'kept' | 'erasure'>;

const removed = 'Removed, and its keys are destroyed: also what backups have of it cannot be read.';
const limited = (most: string): string =>
  `${most} at most, or less as the tenant's policy says; with zero retention until its client has it, an hour at most`;

/** Of each table: one that is added has to be described here before it compiles. */
const tableFacts: Readonly<Record<keyof typeof tables, Facts>> = {
  apiKeys: {
    holds: 'API keys: public id, name, hash, roles, when it was last used.',
    sealed: 'nothing',
    personal: 'names',
    kept: 'for ever, revoked or not',
    erasure: 'Revoked, and its name removed.',
  },
  batchLines: {
    holds: 'Requests and answers of a batch that runs.',
    sealed: 'content',
    personal: 'content',
    kept: 'until the files of the batch are written',
    erasure: removed,
  },
  batches: {
    holds: 'Batches: who, when, how many, metadata.',
    sealed: 'content',
    personal: 'content',
    kept: limited('30 days after its end'),
    erasure: removed,
  },
  budgetAlerts: {
    holds: 'Which budgets were used up how far.',
    sealed: 'nothing',
    personal: 'ids',
    kept: 'for ever',
    erasure: 'Stays: numbers alone.',
  },
  claims: {
    holds: 'What was decided about each request, and its event without content.',
    sealed: 'nothing',
    personal: 'ids',
    kept: '35 days',
    erasure: 'Stays until its age is reached: quotas depend on it.',
  },
  controlChanges: {
    holds: 'Changes of keys and prices that the gateways are to be told of.',
    sealed: 'nothing',
    personal: 'ids',
    kept: 'until they are told',
    erasure: 'Stays until they are told, which takes a moment.',
  },
  dataPolicies: {
    holds: 'How long the content of a tenant is kept.',
    sealed: 'nothing',
    personal: 'none',
    kept: 'as long as the tenant',
    erasure: 'Stays.',
  },
  deadLetters: {
    holds: 'Which messages could not be processed, why, and what became of them.',
    sealed: 'nothing',
    personal: 'ids',
    kept: '90 days, as the messages themselves',
    erasure: 'Stays until its age is reached: it has no content.',
  },
  erasures: {
    holds: 'Which tenants and users were erased when, and how much was removed.',
    sealed: 'nothing',
    personal: 'ids',
    kept: 'for ever',
    erasure: 'Stays: it proves the erasure.',
  },
  filePieces: {
    holds: 'Content of files.',
    sealed: 'content',
    personal: 'content',
    kept: 'as long as its file',
    erasure: removed,
  },
  files: {
    holds: 'Files of batches: name, size.',
    sealed: 'content',
    personal: 'content',
    kept: limited('30 days'),
    erasure: removed,
  },
  identityProviders: {
    holds: 'Issuers whose tokens are accepted.',
    sealed: 'nothing',
    personal: 'none',
    kept: 'until it is removed',
    erasure: 'Stays: it is of the organisation.',
  },
  jobs: {
    holds: 'Jobs and stored responses, with what was asked and answered.',
    sealed: 'content',
    personal: 'content',
    kept: limited('30 days after its end'),
    erasure: removed,
  },
  keptAnswers: {
    holds: 'Answers to idempotency keys of jobs, files and batches.',
    sealed: 'content',
    personal: 'content',
    kept: limited('24 hours'),
    erasure: removed,
  },
  ledger: {
    holds: 'What each request cost, and who asked.',
    sealed: 'nothing',
    personal: 'ids',
    kept: 'for ever: it is only appended to',
    erasure: 'Stays: books have to be kept. It has no content.',
  },
  memberships: {
    holds: 'Which user may do what where.',
    sealed: 'nothing',
    personal: 'ids',
    kept: 'until it is removed',
    erasure: 'Those of a user are removed.',
  },
  organisations: {
    holds: 'Names of organisations.',
    sealed: 'nothing',
    personal: 'names',
    kept: 'for ever',
    erasure: 'Stays: it is of the organisation.',
  },
  outbox: {
    holds: 'Events that are about to be published.',
    sealed: 'nothing',
    personal: 'ids',
    kept: 'until some time after they are published',
    erasure: 'Stays until then.',
  },
  piiFindings: {
    holds:
      'How much personal data of which type was found in requests and answers, and what was done with it.',
    sealed: 'nothing',
    personal: 'ids',
    kept: '400 days',
    erasure: 'Stays: numbers alone.',
  },
  piiPolicies: {
    holds: 'What is done with personal data of a tenant: actions, patterns, values that are none.',
    sealed: 'nothing',
    personal: 'none',
    kept: 'as long as the tenant',
    erasure: 'Stays.',
  },
  prices: { holds: 'Prices.', sealed: 'nothing', personal: 'none', kept: 'for ever', erasure: 'Stays.' },
  quotas: {
    holds: 'Limits, and what was used of them.',
    sealed: 'nothing',
    personal: 'ids',
    kept: 'for ever',
    erasure: 'Stays: numbers alone.',
  },
  tenants: {
    holds: 'Names of tenants.',
    sealed: 'nothing',
    personal: 'names',
    kept: 'for ever',
    erasure: 'Suspended, and its name removed.',
  },
  trainingExamples: {
    holds:
      'Prompts and answers that clients have released for training, with placeholders for personal data that was found.',
    sealed: 'content',
    personal: 'content',
    kept: "90 days, or as the tenant's policy says",
    erasure: removed,
  },
  users: {
    holds: 'People and programs: profile, what their identity provider calls them.',
    sealed: 'content',
    personal: 'names',
    kept: 'until they are erased',
    erasure: 'Of a user: disabled, and profile and names removed. The id stays, as in the ledger.',
  },
  webhookDeliveries: {
    holds: 'What receivers of webhooks are told: where to, and the state of a job without its content.',
    sealed: 'content',
    personal: 'content',
    kept: '7 days after it arrived or was given up',
    erasure: removed,
  },
};

/** All tables. */
export function keptTables(): readonly KeptData[] {
  return Object.entries(tables)
    .map(([name, table]): KeptData => ({
      kind: 'table',
      store: getTableName(table),
      ...tableFacts[name as keyof typeof tables],
      keptMs: undefined,
    }))
    .toSorted((one, other) => one.store.localeCompare(other.store));
}
