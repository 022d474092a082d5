/**
 * What a model costs from a moment on. Amounts are decimal strings in the currency. A price is never changed: another version takes its
 * place.
 */
export interface Price {
  readonly model: string;
  readonly version: number;
  /** Which version of the model; null: all that have no price of their own. */
  readonly modelVersion: string | null;
  /** ISO 4217. */
  readonly currency: string;
  /** For a million tokens. */
  readonly inputPerMillion: string;
  /** Of those that came from the prefix cache; null: as other input. */
  readonly cachedInputPerMillion: string | null;
  readonly outputPerMillion: string;
  /** For a million characters, in UTF-16 code units. */
  readonly charactersInPerMillion: string;
  readonly charactersOutPerMillion: string;
  readonly perRequest: string;
  /** Of the time from the first work on a request to its end. */
  readonly perSecond: string;
  /** Share of the price that an answer from the cache costs: 0 for nothing. */
  readonly cachedAnswer: string;
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  /** Null: until the next one. */
  readonly validUntil: number | null;
}

/** Digits after the point of an amount, in the ledger and in events. */
export const amountDigits = 10;
