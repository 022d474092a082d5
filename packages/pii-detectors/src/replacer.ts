import { detect } from './detect.ts';
import type { PiiType } from './finding.ts';

/** Replaces personal data by numbered placeholders: the same value always by the same one. */
export interface Replacer {
  replace(text: string): string;
  /** Placeholder to original, for all texts so far. */
  readonly mapping: ReadonlyMap<string, string>;
}

export interface ReplacerOptions {
  /** Whether a placeholder stands in the texts already: then its number is left out. */
  readonly taken: (placeholder: string) => boolean;
  /** Most placeholders; by default as many as there are values. */
  readonly most?: number;
}

/** There are more different values than may be replaced. */
export class TooManyPlaceholders extends Error {}

/** @returns its `replace` throws `TooManyPlaceholders` */
export function createReplacer({ taken, most = Infinity }: ReplacerOptions): Replacer {
  const mapping = new Map<string, string>();
  const placeholders = new Map<string, string>();
  const lastNumber = new Map<PiiType, number>();

  const placeholderFor = (type: PiiType, value: string): string => {
    const known = placeholders.get(`${type}:${value}`);
    if (known !== undefined) return known;
    if (mapping.size >= most) throw new TooManyPlaceholders(`more than ${most} placeholders`);
    let number = lastNumber.get(type) ?? 0;
    let placeholder: string;
    do {
      number += 1;
      placeholder = `<${type}_${number}>`;
    } while (taken(placeholder));
    lastNumber.set(type, number);
    placeholders.set(`${type}:${value}`, placeholder);
    mapping.set(placeholder, value);
    return placeholder;
  };

  return {
    mapping,
    replace(text) {
      let result = '';
      let position = 0;
      for (const { type, start, end, value } of detect(text)) {
        result += text.slice(position, start) + placeholderFor(type, value);
        position = end;
      }
      return result + text.slice(position);
    },
  };
}
