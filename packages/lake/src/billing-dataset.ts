import { subjectToken, type BillingAdjusted, type BillingCharged } from '@millrace/contracts';
import { column, type Cell, type ColumnType } from './column.ts';
import { defineDataset } from './dataset.ts';

type Source =
  | { readonly sequence: number; readonly kind: 'charge'; readonly entry: BillingCharged }
  | { readonly sequence: number; readonly kind: 'adjustment'; readonly entry: BillingAdjusted };

const ofCharge = (
  name: string,
  type: ColumnType,
  meaning: string,
  pick: (entry: BillingCharged) => Cell,
  otherwise: Cell = null,
) => column<Source>(name, type, meaning, ({ kind, entry }) => (kind === 'charge' ? pick(entry) : otherwise));

const ofAdjustment = (
  name: string,
  type: ColumnType,
  meaning: string,
  pick: (entry: BillingAdjusted) => Cell,
) => column<Source>(name, type, meaning, ({ kind, entry }) => (kind === 'charge' ? null : pick(entry)));

/** The rows of the ledger: charges, adjustments and credits. */
export const billingDataset = defineDataset<Source>({
  name: 'billing',
  stream: 'BILLING',
  // Budgets that are reached lie in the stream too, under other subjects.
  subjectOf: (tenant) => `mr.billing.*.${tenant === undefined ? '*' : subjectToken(tenant)}`,
  decode(codec, { subject, sequence, payload }) {
    return subject.startsWith('mr.billing.charged.')
      ? { sequence, kind: 'charge', entry: codec.decode('billing.charged', payload) }
      : { sequence, kind: 'adjustment', entry: codec.decode('billing.adjusted', payload) };
  },
  filedAt: ({ kind, entry }) => (kind === 'charge' ? entry.charged_at : entry.adjusted_at),
  number: { column: 'entry_number', of: ({ entry }) => entry.entry_number },
  columns: [
    column('entry_number', 'long', 'Its place in the ledger.', ({ entry }) => entry.entry_number),
    column('entry_id', 'uuid', 'The row.', ({ entry }) => entry.entry_id),
    column('kind', 'text', 'charge, adjustment (of a charge) or credit.', ({ kind, entry }) =>
      kind === 'charge' ? kind : entry.kind.toLowerCase(),
    ),
    column('request_id', 'uuid', 'The request; null for a credit.', ({ entry }) => entry.request_id),
    column('organisation', 'text', 'Who pays for the tenant.', ({ entry }) => entry.organisation),
    column('tenant', 'text', 'Whom it counts for.', ({ entry }) => entry.tenant),
    column('key_id', 'text', 'The key that was charged.', ({ entry }) => entry.key_id),
    column('user_id', 'text', 'The user who was charged, where there is one.', ({ entry }) => entry.user_id),
    ofCharge(
      'operation',
      'text',
      'generate, summarize, classify, translate or embed.',
      (entry) => entry.operation,
    ),
    column('model', 'text', 'The model that answered; null for a credit.', ({ entry }) => entry.model),
    ofCharge('model_version', 'text', 'Its version.', (entry) => entry.model_version),
    column(
      'outcome',
      'text',
      'How the request ended; adjusted or credited where nothing did.',
      ({ kind, entry }) => {
        if (kind === 'charge') return entry.outcome;
        return entry.kind === 'CREDIT' ? 'credited' : 'adjusted';
      },
    ),
    ofCharge('input_tokens', 'integer', 'Tokens of the prompt.', (entry) => entry.usage.input_tokens, 0),
    ofCharge(
      'cached_input_tokens',
      'integer',
      'Those of them from the prefix cache.',
      (entry) => entry.usage.cached_input_tokens,
      0,
    ),
    ofCharge('output_tokens', 'integer', 'Tokens generated.', (entry) => entry.usage.output_tokens, 0),
    ofCharge(
      'characters_in',
      'integer',
      'Characters of the content.',
      (entry) => entry.usage.characters_in,
      0,
    ),
    ofCharge(
      'characters_out',
      'integer',
      'Characters of the answer.',
      (entry) => entry.usage.characters_out,
      0,
    ),
    ofCharge('worked_ms', 'long', 'From the first work on it to its end.', (entry) => entry.worked_ms, 0),
    ofCharge(
      'usage_source',
      'text',
      'Who counted: none, engine, provider or estimate.',
      (entry) => entry.usage.source.toLowerCase(),
      'none',
    ),
    ofCharge(
      'cache_kind',
      'text',
      'exact or semantic, where the answer came from the cache.',
      (entry) => entry.cache?.kind.toLowerCase() ?? null,
    ),
    column('price_book', 'text', 'The price book that it is by.', ({ entry }) => entry.price_book),
    column(
      'price_version',
      'integer',
      'Version of the price; null where no price was the reason.',
      ({ entry }) => entry.price_version,
    ),
    column('amount', 'money', 'What it cost; negative where it is given back.', ({ entry }) => entry.amount),
    column('currency', 'text', 'ISO 4217.', ({ entry }) => entry.currency),
    ofAdjustment('reason', 'text', 'Why it was adjusted or credited.', (entry) => entry.reason),
    ofAdjustment('actor', 'text', 'Who did: the id of a key or a user.', (entry) => entry.actor),
    ofAdjustment('adjustment_id', 'uuid', 'What made it.', (entry) => entry.adjustment_id),
    column(
      'closed_at',
      'moment',
      'The moment that it counts for: the end of the request, or when the credit was given.',
      ({ kind, entry }) => (kind === 'charge' ? entry.closed_at : entry.counts_at),
    ),
    column('charged_at', 'moment', 'When the row was written.', ({ kind, entry }) =>
      kind === 'charge' ? entry.charged_at : entry.adjusted_at,
    ),
  ],
});
