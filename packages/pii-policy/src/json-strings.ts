/** Follows a text and tells whether what comes next stands inside a string of JSON. */
export interface JsonStrings {
  feed(text: string): void;
  readonly inString: boolean;
}

const fenceOfJson = /^`{3,}\s*json5?\b/i;

/**
 * JSON is the whole text where it begins as an object or a list, and what stands in a block of code that says so; `isJson` where it is
 * known to be JSON.
 */
export function followJsonStrings(isJson = false): JsonStrings {
  let mode: 'unknown' | 'text' | 'json' | 'block' = isJson ? 'json' : 'unknown';
  let inString = false;
  let escaped = false;
  /** The line so far, where it may be a fence. */
  let line = '';

  const step = (character: string): void => {
    if (mode === 'unknown' && !/\s/.test(character))
      mode = character === '{' || character === '[' ? 'json' : 'text';
    if (mode === 'json' || mode === 'block') {
      if (escaped) escaped = false;
      else if (inString && character === '\\') escaped = true;
      else if (character === '"') inString = !inString;
      // A string of JSON has no line break: this one was none.
      else if (character === '\n') inString = false;
    }
    if (character !== '\n') {
      if (line.length < 32) line += character;
      return;
    }
    const fence = line.trimStart();
    line = '';
    if (!fence.startsWith('```')) return;
    inString = false;
    escaped = false;
    if (mode === 'block') mode = 'text';
    else if (mode === 'text' && fenceOfJson.test(fence)) mode = 'block';
  };

  return {
    feed(text) {
      for (const character of text) step(character);
    },
    get inString() {
      return inString;
    },
  };
}
