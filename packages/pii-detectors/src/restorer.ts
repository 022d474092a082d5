/** Puts the originals back while a text streams by. */
export interface Restorer {
  /** @returns what can be shown now: a tail that may be the beginning of a placeholder waits for the next piece */
  push(text: string): string;
  /** @returns what was waiting */
  flush(): string;
}

/** What may be a placeholder. One pattern for all: there may be tens of thousands of them. */
const bracketed = /<[^<>]{1,64}>/g;

/** @param mapping placeholder to original; placeholders read `<NAME_NUMBER>` */
export function createRestorer(mapping: ReadonlyMap<string, string>): Restorer {
  let held = '';
  let beginnings: Beginnings | undefined;

  const restore = (text: string): string =>
    mapping.size === 0 || !text.includes('<')
      ? text
      : text.replace(bracketed, (found) => mapping.get(found) ?? found);

  return {
    push(text) {
      const whole = held + text;
      const opening = whole.lastIndexOf('<');
      if (opening < 0 || mapping.size === 0) {
        held = '';
        return restore(whole);
      }
      beginnings ??= new Beginnings(mapping.keys());
      const tail = whole.slice(opening);
      held = beginnings.include(tail) ? tail : '';
      return restore(whole.slice(0, whole.length - held.length));
    },
    flush() {
      const rest = held;
      held = '';
      return restore(rest);
    },
  };
}

/** What a placeholder can begin with: few names, and numbers of so many digits. */
class Beginnings {
  readonly #mostDigits = new Map<string, number>();

  constructor(placeholders: Iterable<string>) {
    for (const placeholder of placeholders) {
      const border = placeholder.lastIndexOf('_') + 1;
      const name = placeholder.slice(0, border);
      const digits = placeholder.length - border - 1;
      this.#mostDigits.set(name, Math.max(digits, this.#mostDigits.get(name) ?? 0));
    }
  }

  include(tail: string): boolean {
    for (const [name, digits] of this.#mostDigits) {
      if (name.startsWith(tail)) return true;
      const number = tail.startsWith(name) ? tail.slice(name.length) : '-';
      if (number.length <= digits && /^\d+$/.test(number)) return true;
    }
    return false;
  }
}
