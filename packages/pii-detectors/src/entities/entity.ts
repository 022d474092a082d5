/** What is recognised, named as Presidio names it where Presidio knows it. */
export const entityTypes = [
  'EMAIL_ADDRESS',
  'URL',
  'PHONE_NUMBER',
  'CREDIT_CARD',
  'IBAN_CODE',
  'US_SSN',
  'US_ITIN',
  'US_PASSPORT',
  'ABA_ROUTING_NUMBER',
  'US_BANK_NUMBER',
  'US_DRIVER_LICENSE',
  'UK_NHS',
  'UK_NINO',
  'DE_TAX_ID',
  'FR_NIR',
  'ES_NIF',
  'ES_NIE',
  'IT_FISCAL_CODE',
  'IN_AADHAAR',
  'IN_PAN',
  'BR_CPF',
  'BR_CNPJ',
  'AU_TFN',
  'AU_ABN',
  'AU_MEDICARE',
  'CA_SIN',
  'IP_ADDRESS',
  'MAC_ADDRESS',
  'CRYPTO',
  'DATE_OF_BIRTH',
  'DATE_TIME',
  'SECRET',
  'STREET_ADDRESS',
  'LOCATION',
  'PERSON',
  'ORGANIZATION',
] as const;

export type EntityType = (typeof entityTypes)[number];

/** Found by words, context and shape rather than by a pattern: they cost more, and are wrong more often. */
export const nameTypes: readonly EntityType[] = ['PERSON', 'ORGANIZATION', 'LOCATION'];

/** What is less sure is left out, unless something else is asked for. */
export const defaultMinScore = 0.5;

/** A piece of personal data, or a secret, in a text. */
export interface Entity {
  /** One of `entityTypes`, or the name of a pattern of one's own. */
  readonly type: string;
  /** Offsets in UTF-16 code units; `end` is behind the last one. */
  readonly start: number;
  readonly end: number;
  /** How sure it is, 0 to 1. */
  readonly score: number;
}
