/** What follows a value that was too long to wait for its end, and belongs to it. */
export interface DroppedRest {
  /** @returns how much of the next piece of the text still belongs to it; the rest does not where that is less than all */
  lengthIn(text: string): number;
}

/** The rest of a word. */
export function restOfWord(): DroppedRest {
  return { lengthIn: (text) => /^\S*/.exec(text)?.[0].length ?? 0 };
}

const keyEnd = /-----END [A-Z0-9 ]{1,64}-----/;
/** What no private key in PEM has, also where it is escaped in a string of JSON. */
const noKey = /[^A-Za-z0-9+/=\s:,.\\-]/;
const longestKeyEnd = 80;

/** The rest of a private key in PEM, of at most so many UTF-16 code units, to its last line. */
export function restOfKey(most: number): DroppedRest {
  let left = most;
  let before = '';
  return {
    lengthIn(text) {
      const whole = before + text;
      const end = keyEnd.exec(whole);
      const ends = [end === null ? whole.length : end.index + end[0].length, before.length + left];
      const other = noKey.exec(text);
      if (other !== null) ends.push(before.length + other.index);
      const length = Math.max(0, Math.min(...ends) - before.length);
      left -= length;
      before = whole.slice(-longestKeyEnd);
      return Math.min(length, text.length);
    },
  };
}
