import type { Entity } from './entity.ts';

/** What becomes of what was found. */
export type Operator =
  /** A text of one's own, or by default `<TYPE>`. */
  | { readonly type: 'replace'; readonly newValue?: string }
  | { readonly type: 'redact' }
  | {
      readonly type: 'mask';
      /** One character; `*` by default. */
      readonly maskingChar?: string;
      /** All by default. */
      readonly charsToMask?: number;
      readonly fromEnd?: boolean;
    }
  | { readonly type: 'keep' };

/** Where something stands in the new text, and what was done to it. */
export interface AnonymizedItem {
  readonly start: number;
  readonly end: number;
  readonly type: string;
  readonly operator: Operator['type'];
  /** What stands there now. */
  readonly text: string;
}

export interface Anonymized {
  readonly text: string;
  readonly items: readonly AnonymizedItem[];
}

/**
 * Puts something else where entities stand.
 *
 * @param entities in order, without overlaps, within the text
 * @param operatorOf by type
 */
export function anonymize(
  text: string,
  entities: readonly Entity[],
  operatorOf: (type: string) => Operator = () => ({ type: 'replace' }),
): Anonymized {
  const pieces: string[] = [];
  const items: AnonymizedItem[] = [];
  let position = 0;
  let length = 0;
  const add = (piece: string): void => {
    pieces.push(piece);
    length += piece.length;
  };
  for (const { type, start, end } of entities) {
    add(text.slice(position, start));
    const operator = operatorOf(type);
    const value = apply(operator, type, text.slice(start, end));
    items.push({ start: length, end: length + value.length, type, operator: operator.type, text: value });
    add(value);
    position = end;
  }
  add(text.slice(position));
  return { text: pieces.join(''), items };
}

function apply(operator: Operator, type: string, value: string): string {
  switch (operator.type) {
    case 'replace':
      return operator.newValue ?? `<${type}>`;
    case 'redact':
      return '';
    case 'keep':
      return value;
    case 'mask': {
      const characters = Array.from(value);
      const count = Math.min(operator.charsToMask ?? characters.length, characters.length);
      const first = operator.fromEnd === true ? characters.length - count : 0;
      return characters
        .map((character, index) =>
          index >= first && index < first + count ? (operator.maskingChar ?? '*') : character,
        )
        .join('');
    }
  }
}
