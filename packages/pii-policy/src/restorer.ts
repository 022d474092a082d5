import { followJsonStrings } from './json-strings.ts';
import { endOfLastPlaceholder, replacePlaceholders } from './placeholder.ts';

/** Puts the originals back while a text streams by. */
export interface Restorer {
  /** @returns what can be shown now: a tail that may be the beginning of a placeholder waits for the next piece */
  push(text: string): string;
  /** @returns what was waiting */
  flush(): string;
}

export interface RestorerOptions {
  /** Whether the whole text is JSON: originals are then escaped where they stand in its strings. Else it is found out. */
  readonly isJson?: boolean;
}

/** @param mapping name of a placeholder to the original; names read `TYPE_NUMBER` */
export function createRestorer(
  mapping: ReadonlyMap<string, string>,
  { isJson = false }: RestorerOptions = {},
): Restorer {
  if (mapping.size === 0) return { push: (text) => text, flush: () => '' };
  const needsEscapes = [...mapping.values()].some((value) => escape(value) !== value);
  const strings = needsEscapes ? followJsonStrings(isJson) : undefined;
  const beginnings = new Beginnings(mapping.keys());
  let held = '';

  const restore = (text: string): string => {
    let fed = 0;
    const restored = replacePlaceholders(text, (name, offset) => {
      const original = mapping.get(name);
      if (original === undefined || strings === undefined) return original;
      strings.feed(text.slice(fed, offset));
      fed = offset;
      return strings.inString ? escape(original) : original;
    });
    strings?.feed(text.slice(fed));
    return restored;
  };

  return {
    push(text) {
      const whole = held + text;
      const border = beginnings.in(whole);
      held = whole.slice(border);
      return restore(whole.slice(0, border));
    },
    flush() {
      const rest = held;
      held = '';
      return restore(rest);
    },
  };
}

/** The whole text with the originals put back. */
export function restoreText(text: string, mapping: ReadonlyMap<string, string>): string {
  const restorer = createRestorer(mapping);
  return restorer.push(text) + restorer.flush();
}

/** As it stands inside a string of JSON. */
function escape(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** What a placeholder can begin with: few types, and numbers of so many digits. */
class Beginnings {
  readonly #mostDigits = new Map<string, number>();
  readonly #longest: number;

  constructor(names: Iterable<string>) {
    let longest = 0;
    for (const name of names) {
      const border = name.lastIndexOf('_') + 1;
      const type = name.slice(0, border);
      this.#mostDigits.set(type, Math.max(name.length - border, this.#mostDigits.get(type) ?? 0));
      longest = Math.max(longest, name.length);
    }
    // With two underlines at each end, and without the last character.
    this.#longest = longest + 3;
  }

  /** Where the first beginning of a placeholder stands that goes to the end of the text; its length where there is none. */
  in(text: string): number {
    const from = Math.max(endOfLastPlaceholder(text), text.length - this.#longest);
    for (let at = from; at < text.length; at += 1) {
      const character = text[at];
      if (character !== '<' && character !== '_') continue;
      if (this.#isBeginning(text.slice(at))) return at;
    }
    return text.length;
  }

  #isBeginning(tail: string): boolean {
    if (tail.startsWith('<')) return this.#isName(tail.slice(1), '');
    if (tail === '_') return true;
    return tail.startsWith('__') && this.#isName(tail.slice(2), '_');
  }

  /** @param closing what of its closing may be there already */
  #isName(text: string, closing: string): boolean {
    for (const [type, digits] of this.#mostDigits) {
      if (type.startsWith(text)) return true;
      if (!text.startsWith(type)) continue;
      const number = text.slice(type.length);
      const rest = number.replace(/^\d+/, '');
      const length = number.length - rest.length;
      if (length > 0 && length <= digits && (rest === '' || rest === closing)) return true;
    }
    return false;
  }
}
