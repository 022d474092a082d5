/** A value that a person would not want to find on a disk. */
export interface KnownValue {
  readonly type: string;
  readonly value: string;
  /** A sentence with it, which says what it is. */
  readonly text: string;
  /** Whether the default policy keeps it from models. */
  readonly isReplaced: boolean;
}

/** Hands out values, each once, of the types in turn. */
export interface KnownValues {
  /** @param place where they go, for whoever reads that one was found */
  take(place: string, count?: number): readonly KnownValue[];
  /** One that is known by its form, without a word that says what it is. */
  takePlain(place: string): KnownValue;
  /** All that were handed out, with their place. */
  readonly taken: ReadonlyMap<string, KnownValue & { readonly place: string }>;
}

type Kind = readonly [type: string, before: string, valueOf: (number: number) => string];

const given = [
  'Thaddeus',
  'Rosalind',
  'Cornelius',
  'Philippa',
  'Leopold',
  'Henrietta',
  'Ambrose',
  'Winifred',
];
const letters = 'abcdefghijkmnopqrstuvwxyz';

/** Digits that look drawn, the same each time. */
function digits(number: number, count: number): string {
  let state = number * 2_654_435_761 + 12_345;
  let text = '';
  while (text.length < count) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += String(Math.floor(state / 65_536) % 10);
  }
  return text;
}

const word = (number: number, count: number): string =>
  Array.from(
    digits(number, count * 2).matchAll(/../gu),
    ([pair]) => letters[Number(pair) % letters.length],
  ).join('');

function luhn(payload: string): string {
  const sum = Array.from(payload)
    .toReversed()
    .reduce((total, digit, index) => {
      const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
  return `${payload}${(10 - (sum % 10)) % 10}`;
}

function germanIban(account: string): string {
  const rest = BigInt(`${account}131400`) % 97n;
  return `DE${String(98n - rest).padStart(2, '0')}${account}`;
}

function nhs(nine: string): string {
  const sum = Array.from(nine).reduce((total, digit, index) => total + Number(digit) * (10 - index), 0);
  const check = (11 - (sum % 11)) % 11;
  return check === 10 ? nhs(String(Number(nine) + 1).padStart(9, '4')) : `${nine}${check}`;
}

const kinds: readonly Kind[] = [
  ['EMAIL_ADDRESS', 'Mail', (n) => `${word(n, 7)}.${n}@hospital.example`],
  ['PHONE_NUMBER', 'Call', (n) => `+49 30 90${digits(n, 7)}`],
  ['CREDIT_CARD', 'Charge the card', (n) => luhn(`4${digits(n, 14)}`)],
  ['IBAN_CODE', 'Pay to', (n) => germanIban(`37040044${digits(n, 10)}`)],
  ['US_SSN', 'The SSN is', (n) => `536-${22 + (n % 70)}-${(1_000 + n * 7).toString()}`],
  ['IP_ADDRESS', 'The login came from', (n) => `172.${16 + (n % 16)}.${100 + (n % 90)}.${100 + (n % 150)}`],
  [
    'MAC_ADDRESS',
    'The device has the MAC',
    (n) => `00:1B:44:1${n % 10}:${(16 + (n >> 4)).toString(16).toUpperCase()}:0A`,
  ],
  ['SECRET', 'The password is', (n) => `Zq7!${word(n, 6)}${digits(n, 4)}`],
  ['SECRET', 'The key is', (n) => `sk-proj-${word(n, 12)}${digits(n, 12)}`],
  ['UK_NHS', 'The NHS number is', (n) => nhs(`94${digits(n, 7)}`)],
  ['URL', 'See', (n) => `https://portal.example/patients/${word(n, 6)}${n}`],
  ['DATE_OF_BIRTH', 'The patient was born on', (n) => `19${30 + (n % 60)}-0${1 + (n % 9)}-1${n % 10}`],
  ['STREET_ADDRESS', 'The address is', (n) => `${digits(n, 4).replace(/^0/u, '1')} Quillon Street`],
  ['US_PASSPORT', 'The passport is', (n) => `C${digits(n, 8)}`],
  ['PERSON', 'The patient is', (n) => `${given[n % given.length]} Quill${word(n, 4)}`],
  ['CRYPTO', 'The wallet is', (n) => `0x${digits(n, 40)}`],
];
const plain: ReadonlySet<string> = new Set([
  'EMAIL_ADDRESS',
  'PHONE_NUMBER',
  'CREDIT_CARD',
  'IBAN_CODE',
  'US_SSN',
  'IP_ADDRESS',
  'MAC_ADDRESS',
]);
const reported: ReadonlySet<string> = new Set(['PERSON']);

export function createKnownValues(): KnownValues {
  const taken = new Map<string, KnownValue & { readonly place: string }>();
  let next = 0;
  const takeOne = (place: string): KnownValue => {
    const [type, before, valueOf] = kinds[next % kinds.length] as Kind;
    const value = valueOf(next);
    next += 1;
    if (taken.has(value)) throw new Error(`${type} ${value} is there already`);
    const known = { type, value, text: `${before} ${value}.`, isReplaced: !reported.has(type) };
    taken.set(value, { ...known, place });
    return known;
  };
  return {
    taken,
    take: (place, count = 1) => Array.from({ length: count }, () => takeOne(place)),
    takePlain(place) {
      while (!plain.has((kinds[next % kinds.length] as Kind)[0])) next += 1;
      return takeOne(place);
    },
  };
}
