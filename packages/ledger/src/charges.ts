import type { UsageSource } from '@millrace/contracts';
import { statement } from '@millrace/store';

/** The charge of a request, and what has become of it. Amounts are decimal strings, moments milliseconds since the epoch. */
export interface Charge {
  readonly requestId: string;
  readonly organisation: string;
  readonly tenant: string;
  readonly keyId: string | null;
  readonly userId: string | null;
  /** The one that answered. */
  readonly model: string;
  readonly modelVersion: string | null;
  /** The one that was asked for, whose quota it counts in; null where the claim is forgotten. */
  readonly askedModel: string | null;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly charactersIn: number;
  readonly charactersOut: number;
  readonly workedMs: number;
  readonly usageSource: UsageSource;
  readonly isFromCache: boolean;
  readonly amount: string;
  readonly currency: string;
  /** When the request came in; when it ended, where that is not known. */
  readonly receivedAt: number;
  readonly closedAt: number;
  /** The sum of its adjustments, and of those among them that were re-ratings. */
  readonly adjusted: string;
  readonly rerated: string;
  /** Whether there is a row of this very adjustment, and its amount. */
  readonly isAdjusted: boolean;
  readonly adjustedHere: string;
}

/** The charges of these requests. @param adjustmentId of the adjustment that is about to be made */
export const findCharges = (requestIds: readonly string[], adjustmentId: string) => statement<Charge[]>`
  select
    charge.request_id as "requestId", charge.organisation, charge.tenant, charge.key_id as "keyId", charge.user_id as "userId",
    charge.model, charge.model_version as "modelVersion", claim.model as "askedModel", input_tokens as "inputTokens",
    cached_input_tokens as "cachedInputTokens", output_tokens as "outputTokens", characters_in as "charactersIn",
    characters_out as "charactersOut", round(seconds * 1000) as "workedMs", upper(usage_source) as "usageSource",
    cache is not null as "isFromCache", amount, currency,
    extract(epoch from coalesce(received_at, charge.closed_at))::float8 * 1000 as "receivedAt",
    extract(epoch from charge.closed_at)::float8 * 1000 as "closedAt",
    coalesce(later.adjusted, 0)::text as adjusted, coalesce(later.rerated, 0)::text as rerated,
    coalesce(later.is_adjusted, false) as "isAdjusted", coalesce(later.adjusted_here, 0)::text as "adjustedHere"
  from ledger as charge
  left join claims as claim on claim.request_id = charge.request_id
  cross join lateral (
    select
      sum(other.amount) as adjusted, sum(other.amount) filter (where other.price_version is not null) as rerated,
      bool_or(other.adjustment_id = ${adjustmentId}::uuid) as is_adjusted,
      sum(other.amount) filter (where other.adjustment_id = ${adjustmentId}::uuid) as adjusted_here
    from ledger as other where other.kind = 'adjustment' and other.request_id = charge.request_id) as later
  where charge.kind = 'charge' and charge.request_id = any(${[...requestIds]}::uuid[])
  order by charge.entry_number`;
