import { subjectToken } from '@millrace/contracts';

/** Names of what can be followed. */
export type SourceName = 'requests' | 'billing' | 'audit' | 'admissions' | 'dead-letters' | 'answers';

/** What rows are chosen by: `--tenant acme`. */
export const filterNames = ['tenant', 'model', 'outcome', 'request', 'key', 'user'] as const;
export type FilterName = (typeof filterNames)[number];

/** The value of a message, or an entry of one that holds several: fields by name. */
export type Entry = Readonly<Record<string, unknown>>;

export interface Source {
  readonly stream: string;
  /** @param tenant a subject token; `*` for all */
  readonly subject: (tenant: string) => string;
  /** Heading and least width of each column. */
  readonly columns: readonly (readonly [heading: string, width: number])[];
  /** The entries of a message; by default its value. */
  readonly entries?: (value: Entry) => readonly Entry[];
  readonly cells: (entry: Entry, schema: string) => readonly unknown[];
  readonly facts: (entry: Entry, schema: string) => Partial<Record<FilterName, unknown>>;
}

const time = ['TIME', 24] as const;
const request = ['REQUEST', 36] as const;
const tenant = ['TENANT', 12] as const;
const model = ['MODEL', 22] as const;

/** A field, or one of a record in it: `usage.input_tokens`. */
function at(entry: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Entry | null | undefined)?.[name], entry);
}

const iso = (value: unknown): string => new Date(value as number).toISOString();

const ofPrincipal = (entry: Entry) => ({
  key: at(entry, 'principal.key_id'),
  user: at(entry, 'principal.user_id'),
});

export const sources: Readonly<Record<SourceName, Source>> = {
  requests: {
    stream: 'CLOSED',
    subject: (token) => `mr.request.closed.${token}.*`,
    columns: [
      time,
      request,
      tenant,
      model,
      ['OUTCOME', 9],
      ['WHY', 20],
      ['IN', 6],
      ['OUT', 6],
      ['FIRST MS', 8],
      ['TOTAL MS', 8],
    ],
    cells: (entry) => [
      iso(entry['closed_at']),
      entry['request_id'],
      entry['tenant'],
      entry['served_by'] ?? entry['model'],
      entry['outcome'],
      at(entry, 'failure.code') ?? entry['finish_reason'],
      at(entry, 'usage.input_tokens'),
      at(entry, 'usage.output_tokens'),
      rounded(at(entry, 'timings.time_to_first_token_ms')),
      rounded(at(entry, 'timings.total_ms')),
    ],
    facts: (entry) => ({
      tenant: entry['tenant'],
      model: entry['model'],
      outcome: entry['outcome'],
      request: entry['request_id'],
      ...ofPrincipal(entry),
    }),
  },
  billing: {
    stream: 'BILLING',
    subject: (token) => (token === '*' ? '>' : `mr.billing.*.${token}`),
    columns: [
      time,
      ['ENTRY', 8],
      ['KIND', 10],
      request,
      tenant,
      model,
      ['OUTCOME', 9],
      ['IN', 6],
      ['OUT', 6],
      ['AMOUNT', 16],
    ],
    cells: (entry, schema) => [
      iso(entry['charged_at'] ?? entry['adjusted_at'] ?? entry['reached_at']),
      entry['entry_number'],
      billingKind(entry, schema),
      entry['request_id'],
      entry['tenant'] ?? entry['subject'],
      entry['model'],
      entry['outcome'],
      at(entry, 'usage.input_tokens'),
      at(entry, 'usage.output_tokens'),
      `${textOf(entry['amount'] ?? entry['spent'])} ${textOf(entry['currency'])}`.trimEnd(),
    ],
    facts: (entry, schema) => ({
      tenant: entry['tenant'],
      model: entry['model'],
      outcome: entry['outcome'] ?? billingKind(entry, schema),
      request: entry['request_id'],
      key: entry['key_id'],
      user: entry['user_id'],
    }),
  },
  audit: {
    stream: 'AUDIT',
    subject: (token) => `mr.audit.recorded.${token}`,
    columns: [time, tenant, ['NUMBER', 8], ['KIND', 14], ['SUBJECT', 36], ['WHAT', 18], ['BY', 20]],
    cells: (entry) => {
      const event = at(entry, 'event.value') as Entry | undefined;
      return [
        iso(entry['occurred_at']),
        entry['tenant'],
        entry['sequence'],
        entry['kind'],
        entry['subject_id'],
        event?.['action'] ?? event?.['outcome'],
        at(event, 'actor.user_id') ?? at(event, 'actor.key_id') ?? at(event, 'principal.key_id'),
      ];
    },
    facts: (entry) => {
      const event = at(entry, 'event.value');
      return {
        tenant: entry['tenant'],
        model: at(event, 'model'),
        outcome: at(event, 'action') ?? at(event, 'outcome'),
        request: entry['subject_id'],
        key: at(event, 'actor.key_id') ?? at(event, 'principal.key_id'),
        user: at(event, 'actor.user_id') ?? at(event, 'principal.user_id'),
      };
    },
  },
  admissions: {
    stream: 'ADMISSIONS',
    subject: (token) => `mr.admission.decided.${token}`,
    columns: [
      time,
      request,
      tenant,
      ['KEY', 16],
      model,
      ['DECISION', 22],
      ['TOKENS', 8],
      ['AMOUNT', 14],
      ['LIMIT', 10],
    ],
    entries: (value) => {
      const { decisions, ...shared } = value;
      return (decisions as readonly Entry[]).map((decision) => ({ ...shared, ...decision }));
    },
    cells: (entry) => [
      iso(entry['decided_at']),
      entry['request_id'],
      entry['tenant'],
      entry['key_id'],
      entry['model'],
      entry['code'] ?? 'admitted',
      entry['reserved_tokens'],
      entry['reserved_amount'],
      entry['param'],
    ],
    facts: (entry) => ({
      tenant: entry['tenant'],
      model: entry['model'],
      outcome: entry['code'] ?? 'admitted',
      request: entry['request_id'],
      key: entry['key_id'],
      user: entry['user_id'],
    }),
  },
  'dead-letters': {
    stream: 'DEADLETTER',
    subject: (token) => `mr.deadletter.*.${token}`,
    columns: [time, ['STAGE', 10], tenant, ['CODE', 20], request, ['TIMES', 5], ['REASON', 20]],
    cells: (entry) => [
      iso(entry['at']),
      entry['stage'],
      entry['tenant'],
      entry['code'],
      entry['request_id'],
      entry['delivery_count'],
      entry['reason'],
    ],
    facts: (entry) => ({ tenant: entry['tenant'], outcome: entry['code'], request: entry['request_id'] }),
  },
  answers: {
    stream: 'ANSWERS',
    subject: (token) => `mr.answers.${token}.*.*`,
    columns: [
      time,
      tenant,
      ['QUEUE', 14],
      request,
      ['CORRELATION', 20],
      ['KIND', 6],
      ['NO', 4],
      ['WHY', 20],
      ['OUT', 6],
    ],
    cells: (entry) => [
      iso(entry['at']),
      entry['tenant'],
      entry['queue'],
      entry['request_id'],
      entry['correlation_id'],
      entry['kind'],
      entry['number'],
      at(entry, 'failure.code') ?? entry['finish_reason'],
      at(entry, 'usage.output_tokens'),
    ],
    facts: (entry) => ({
      tenant: entry['tenant'],
      model: entry['model'],
      outcome: entry['kind'],
      request: entry['request_id'],
    }),
  },
};

/** The subject of a source for one tenant, or for all. */
export function subjectOf({ subject }: Source, ofTenant: string | undefined): string {
  return subject(ofTenant === undefined ? '*' : subjectToken(ofTenant));
}

function billingKind(entry: Entry, schema: string): unknown {
  if (schema === 'billing.charged') return 'charge';
  return schema === 'budget.reached'
    ? `budget ${String(entry['share'])} %`
    : String(entry['kind']).toLowerCase();
}

/** Decimals and words are texts; nothing where there is none. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value) : value;
}
