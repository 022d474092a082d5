/** Puts the originals back while a text streams by. */
export interface Restorer {
  /** @returns what can be shown now: a tail that may be the beginning of a placeholder waits for the next piece */
  push(text: string): string;
  /** @returns what was waiting */
  flush(): string;
}

/** @param mapping placeholder to original; placeholders begin with `<` and end with `>` */
export function createRestorer(mapping: ReadonlyMap<string, string>): Restorer {
  const placeholders = [...mapping.keys()];
  const pattern = new RegExp(
    placeholders.map((placeholder) => placeholder.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'),
    'g',
  );
  let held = '';

  const restore = (text: string): string =>
    placeholders.length === 0
      ? text
      : text.replace(pattern, (placeholder) => mapping.get(placeholder) ?? placeholder);

  return {
    push(text) {
      const whole = held + text;
      const opening = whole.lastIndexOf('<');
      const tail = opening < 0 ? '' : whole.slice(opening);
      const mayGoOn =
        tail !== '' &&
        placeholders.some((placeholder) => placeholder !== tail && placeholder.startsWith(tail));
      held = mayGoOn ? tail : '';
      return restore(whole.slice(0, whole.length - held.length));
    },
    flush() {
      const rest = held;
      held = '';
      return restore(rest);
    },
  };
}
