/** Whose a quota is. In this order they are looked at. A model has one for the requests of all who ask for it. */
export const scopes = ['organisation', 'project', 'user', 'key', 'model'] as const;

export type Scope = (typeof scopes)[number];

/** One who has a quota. */
export interface QuotaSubject {
  readonly scope: Scope;
  readonly subject: string;
}

/** What a subject may use at most; null: as much as it likes. Amounts of money are decimal strings. */
export interface QuotaLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly maxInFlight: number | null;
  readonly tokensPerDay: number | null;
  readonly tokensPerMonth: number | null;
  readonly budgetPerMonth: string | null;
}

/** What a subject has used, and what is held in reserve for its requests that have not ended. Moments are milliseconds since the epoch. */
export interface QuotaCounts {
  readonly inFlight: number;
  readonly reservedTokens: number;
  readonly reservedAmount: string;
  readonly minute: number;
  /** Admitted in this minute. */
  readonly minuteRequests: number;
  /** Of requests that ended in this minute; so with day and month. */
  readonly minuteTokens: number;
  readonly day: number;
  readonly dayTokens: number;
  readonly month: number;
  readonly monthTokens: number;
  readonly monthAmount: string;
}

export interface QuotaRow extends QuotaSubject, QuotaLimits, QuotaCounts {}

/** Whom a request counts for. */
export interface RequestOwner {
  readonly organisation: string;
  readonly tenant: string;
  readonly userId: string | null;
  readonly keyId: string | null;
  readonly model: string | null;
}

/** The subjects that a request counts for, the widest first. */
export function subjectsOf({
  organisation,
  tenant,
  userId,
  keyId,
  model,
}: RequestOwner): readonly QuotaSubject[] {
  return [
    { scope: 'organisation', subject: organisation },
    { scope: 'project', subject: tenant },
    ...(userId === null ? [] : [{ scope: 'user', subject: userId } as const]),
    ...(keyId === null ? [] : [{ scope: 'key', subject: keyId } as const]),
    ...(model === null ? [] : [{ scope: 'model', subject: model } as const]),
  ];
}

/** A name of a subject among others. */
export function nameOf({ scope, subject }: QuotaSubject): string {
  return `${scope} ${subject}`;
}
