import type { Price } from '@millrace/pricing';
import { statement } from '@millrace/store';

/*
 * What every transaction that writes to the ledger begins with.
 */

/** Any number, the same in all replicas: who has this lock writes to the ledger. */
const writerLock = 7_246_002;

/** The prices that requests are charged by. */
export const chargedBook = 'default';

/** Waits for its turn. Behind it the numbers of the rows have no gaps, and are the order of the commits. */
export const takeTurn = () => statement`select pg_advisory_xact_lock(${writerLock}::bigint)`;

/** The number of the last row; 0 when there is none. */
export const lastNumber = () => statement<[{ readonly lastNumber: number }]>`
  select coalesce(max(entry_number), 0)::float8 as "lastNumber" from ledger`;

/** All prices of these models in a book; by default in that which is charged. */
export const findPrices = (models: readonly string[], book = chargedBook) => statement<Price[]>`
  select
    model, version, model_version as "modelVersion", currency, input_per_million as "inputPerMillion",
    cached_input_per_million as "cachedInputPerMillion", output_per_million as "outputPerMillion",
    characters_in_per_million as "charactersInPerMillion", characters_out_per_million as "charactersOutPerMillion",
    per_request as "perRequest", per_second as "perSecond", cached_answer as "cachedAnswer",
    extract(epoch from valid_from)::float8 * 1000 as "validFrom",
    extract(epoch from valid_until)::float8 * 1000 as "validUntil"
  from prices where book = ${book}::text and model = any(${[...models]}::text[])`;
