export type PiiType = 'EMAIL' | 'PHONE' | 'CARD' | 'IBAN' | 'IP';

/** A piece of personal data in a text. */
export interface Finding {
  readonly type: PiiType;
  /** Offsets in UTF-16 code units; `end` is behind the last one. */
  readonly start: number;
  readonly end: number;
  readonly value: string;
}
