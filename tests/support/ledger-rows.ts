import { isDeepStrictEqual } from 'node:util';
import type { BillingCharged, RequestClosed } from '@millrace/contracts';
import type { Cluster } from '@millrace/embedded';
import { ledger } from '@millrace/store';
import { asc, eq } from '@millrace/store/sql';

/** What a row of the ledger and a closing both say of a request. */
export interface ClosedRow {
  readonly requestId: string;
  readonly tenant: string;
  readonly organisation: string;
  readonly keyId: string | null;
  readonly user: string | null;
  readonly operation: string | null;
  readonly model: string;
  readonly modelVersion: string | null;
  readonly outcome: string;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly charactersIn: number;
  readonly charactersOut: number;
  readonly usageSource: string;
  readonly cache: string | null;
  readonly closedAt: number;
}

/** What a row of the ledger and a charge both say, besides. */
export interface ChargedRow extends ClosedRow {
  readonly entryId: string;
  readonly entryNumber: number;
  readonly workedMs: number;
  readonly priceBook: string;
  readonly priceVersion: number | null;
  /** To the last of its ten digits. */
  readonly amount: string;
  readonly currency: string;
  readonly chargedAt: number;
}

/** A charge of the ledger, with the closing that it is of. */
export interface LedgerRow {
  readonly charge: ChargedRow;
  readonly closing: ClosedRow & { readonly receivedAt: number };
}

/** Rows that are not the same, or that only one of both has; each request has one row in each. At most ten, so that they can be read. */
export function differences<Row extends Pick<ClosedRow, 'requestId'>>(
  ofTopic: readonly Row[],
  ofLedger: readonly Row[],
): readonly { readonly ofTopic: Row | undefined; readonly ofLedger: Row | undefined }[] {
  const byId = (rows: readonly Row[]) => new Map(rows.map((row) => [row.requestId, row]));
  const [left, right] = [byId(ofTopic), byId(ofLedger)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((id) => ({ ofTopic: left.get(id), ofLedger: right.get(id) }))
    .filter((pair) => !isDeepStrictEqual(pair.ofTopic, pair.ofLedger))
    .slice(0, 10);
}

/** All charges of the ledger in the order of their numbers. */
export async function readLedgerRows({ database }: Pick<Cluster, 'database'>): Promise<readonly LedgerRow[]> {
  const rows = await database
    .select()
    .from(ledger)
    .where(eq(ledger.kind, 'charge'))
    .orderBy(asc(ledger.entryNumber));
  return rows.map((row) => {
    const shared: ClosedRow = {
      requestId: row.requestId ?? '',
      tenant: row.tenant,
      organisation: row.organisation,
      keyId: row.keyId,
      user: row.user,
      operation: row.operation,
      model: row.model,
      modelVersion: row.modelVersion,
      outcome: row.outcome,
      inputTokens: row.inputTokens,
      cachedInputTokens: row.cachedInputTokens,
      outputTokens: row.outputTokens,
      charactersIn: row.charactersIn,
      charactersOut: row.charactersOut,
      usageSource: row.usageSource,
      cache: row.cache,
      closedAt: row.closedAt.getTime(),
    };
    const charge = {
      ...shared,
      entryId: row.entryId,
      entryNumber: row.entryNumber,
      workedMs: Math.round(row.seconds * 1_000),
      priceBook: row.priceBook,
      priceVersion: row.priceVersion,
      amount: row.amount,
      currency: row.currency,
      chargedAt: row.chargedAt.getTime(),
    };
    return { charge, closing: { ...shared, receivedAt: row.receivedAt?.getTime() ?? 0 } };
  });
}

/** A charge as a reader of the topic has it whose Avro library knows nothing of decimals. */
export type RawCharge = Omit<BillingCharged, 'amount'> & { readonly amount: Uint8Array };

/** A charge as the ledger has it. */
export function rowOfCharge(entry: RawCharge): ChargedRow {
  return {
    ...sharedBy(entry, entry),
    model: entry.model,
    entryId: entry.entry_id,
    entryNumber: entry.entry_number,
    workedMs: entry.worked_ms,
    priceBook: entry.price_book,
    priceVersion: entry.price_version,
    amount: decimalOf(entry.amount),
    currency: entry.currency,
    chargedAt: entry.charged_at,
  };
}

/** A closing as the ledger has it. */
export function rowOfClosing(closing: RequestClosed): LedgerRow['closing'] {
  return {
    ...sharedBy(closing, closing.principal),
    model: closing.served_by ?? closing.model,
    receivedAt: closing.received_at,
  };
}

/** Ten digits behind the point, in two's complement, big endian: `bytes` of the logical type `decimal`. */
function decimalOf(bytes: Uint8Array): string {
  const unscaled = BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(11, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -10)}.${digits.slice(-10)}`;
}

function sharedBy(
  event: RawCharge | RequestClosed,
  who: Pick<BillingCharged, 'organisation' | 'key_id' | 'user_id'>,
): Omit<ClosedRow, 'model'> {
  const { usage } = event;
  return {
    requestId: event.request_id,
    tenant: event.tenant,
    organisation: who.organisation,
    keyId: who.key_id,
    user: who.user_id,
    operation: event.operation,
    modelVersion: event.model_version,
    outcome: event.outcome.toLowerCase(),
    inputTokens: usage.input_tokens,
    cachedInputTokens: usage.cached_input_tokens,
    outputTokens: usage.output_tokens,
    charactersIn: usage.characters_in,
    charactersOut: usage.characters_out,
    usageSource: usage.source.toLowerCase(),
    cache: event.cache?.kind.toLowerCase() ?? null,
    closedAt: event.closed_at,
  };
}
