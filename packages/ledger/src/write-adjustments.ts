import type { Big } from 'big.js';
import { subjects, type BillingAdjusted, type Codec } from '@millrace/contracts';
import { amountDigits } from '@millrace/pricing';
import {
  countsOf,
  nameOf,
  Quota,
  subjectsOf,
  updateQuotas,
  type BudgetAlert,
  type QuotaRow,
} from '@millrace/quota';
import { prepare, type Statement, type WritingWithin } from '@millrace/store';
import type { LedgerAdjustment, Occasion, WritingDependencies } from './adjustment.ts';
import type { Charge } from './charges.ts';
import { chargedBook } from './ledger-queries.ts';

/** What is added to the charge of a request. */
export interface Correction {
  readonly charge: Charge;
  readonly amount: Big;
  /** Of a re-rating; null: no price is the reason. */
  readonly priceVersion: number | null;
  /** The price book of that version; by default the one that is charged. */
  readonly book?: string;
}

/** The row of a correction, as an event. */
export function adjustedOf(
  { nextId, clock }: WritingDependencies,
  { charge, amount, priceVersion, book = chargedBook }: Correction,
  adjustmentId: string,
  entryNumber: number,
  { reason, actor }: Occasion,
): BillingAdjusted {
  return {
    entry_id: nextId(),
    entry_number: entryNumber,
    kind: 'ADJUSTMENT',
    adjustment_id: adjustmentId,
    request_id: charge.requestId,
    organisation: charge.organisation,
    tenant: charge.tenant,
    key_id: charge.keyId,
    user_id: charge.userId,
    model: charge.model,
    amount: amount.toFixed(amountDigits),
    currency: charge.currency,
    price_book: book,
    price_version: priceVersion,
    reason,
    actor,
    counts_at: charge.closedAt,
    adjusted_at: clock.now(),
  };
}

/**
 * Writes corrections: rows, events, and what the quotas of their owners have spent, as far as it is of the month in which they count.
 *
 * @param rows the quotas of the owners, locked
 */
export function writeCorrections<Result>(
  { codec, budgetAlerts }: WritingDependencies,
  corrections: readonly Correction[],
  entries: readonly BillingAdjusted[],
  rows: readonly QuotaRow[],
  result: Result,
): WritingWithin<Result> {
  const quotas = new Map(rows.map((row) => [nameOf(row), new Quota(row)]));
  for (const { charge, amount } of corrections)
    for (const subject of subjectsOf({ ...charge, model: charge.askedModel ?? charge.model }))
      quotas.get(nameOf(subject))?.adjust(amount, charge.closedAt);
  const changed = [...quotas.values()].filter(({ isChanged }) => isChanged);
  const alerts = budgetAlerts.statementsFor(changed);
  return {
    statements: [
      ...alerts,
      ...writeAdjustments(codec, entries),
      ...(changed.length === 0 ? [] : [writeQuotas(JSON.stringify(changed.map(countsOf)))]),
    ],
    result,
    committed: (written) =>
      budgetAlerts.committed(changed, written.slice(0, alerts.length).flat() as BudgetAlert[]),
  };
}

const writeQuotas = prepare(updateQuotas);

/** Writes the rows, and their messages to be published in this order. */
export function writeAdjustments(codec: Codec, entries: readonly BillingAdjusted[]): readonly Statement[] {
  if (entries.length === 0) return [];
  const messages = entries.map((entry) => ({
    id: entry.entry_id,
    subject: subjects.adjusted(entry.tenant),
    payload: Buffer.from(codec.encode('billing.adjusted', entry)).toString('base64'),
  }));
  return [insertAdjustments(JSON.stringify(entries.map(rowOf)), JSON.stringify(messages))];
}

/** What callers are told of a row. */
export function madeOf(entry: BillingAdjusted): LedgerAdjustment {
  return {
    entryId: entry.entry_id,
    entryNumber: entry.entry_number,
    kind: entry.kind === 'CREDIT' ? 'credit' : 'adjustment',
    requestId: entry.request_id,
    tenant: entry.tenant,
    amount: entry.amount,
    currency: entry.currency,
    reason: entry.reason,
    actor: entry.actor,
    adjustedAt: entry.adjusted_at,
  };
}

function rowOf({ kind, model, counts_at, adjusted_at, ...entry }: BillingAdjusted): object {
  return {
    ...entry,
    kind: kind.toLowerCase(),
    model: model ?? '',
    outcome: kind === 'CREDIT' ? 'credited' : 'adjusted',
    closed_at: new Date(counts_at).toISOString(),
    charged_at: new Date(adjusted_at).toISOString(),
  };
}

const insertAdjustments = prepare(`
  with entries as (
    insert into ledger (
      entry_id, entry_number, kind, request_id, organisation, tenant, key_id, user_id, model, outcome, input_tokens,
      cached_input_tokens, output_tokens, usage_source, price_book, price_version, amount, currency, reason, actor,
      adjustment_id, closed_at, charged_at)
    select
      entry_id, entry_number, kind, request_id, organisation, tenant, key_id, user_id, model, outcome, 0, 0, 0, 'none',
      price_book, price_version, amount, currency, reason, actor, adjustment_id, closed_at, charged_at
    from jsonb_to_recordset($1::jsonb) as entry(
      entry_id uuid, entry_number bigint, kind text, request_id uuid, organisation text, tenant text, key_id text, user_id text,
      model text, outcome text, price_book text, price_version int, amount numeric, currency text, reason text, actor text,
      adjustment_id uuid, closed_at timestamptz, charged_at timestamptz))
  insert into outbox (id, subject, payload)
  select id, subject, decode(payload, 'base64')
  from rows from (jsonb_to_recordset($2::jsonb) as (id uuid, subject text, payload text)) with ordinality
    as message(id, subject, payload, place)
  order by place`);
