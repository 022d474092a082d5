import { maskField } from './mask-field.ts';

/** Puts something in the place of personal data, or personal data in its place again. */
export type Replace = (text: string) => string;

/** A string or a number of JSON; what stands between them has no data. */
const literal = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

/** Behind the name of a field. */
const nameEnd = /\s*:/y;

/**
 * Replaces within a text. An object or list of JSON stays JSON: its strings and numbers are replaced, a number then becomes a string,
 * and all else stays as it was written.
 */
export function replaceInText(text: string, replace: Replace): string {
  if (parseStructure(text) === undefined) return replace(text);
  let name: string | undefined;
  return text.replace(literal, (written, offset: number) => {
    const value = written.startsWith('"') ? (JSON.parse(written) as string) : written;
    nameEnd.lastIndex = offset + written.length;
    const isName = nameEnd.test(text);
    const replaced = isName ? replace(value) : maskField(replace, name, value);
    if (isName) name = value;
    return replaced === value ? written : JSON.stringify(replaced);
  });
}

/** The same for a value: its strings and the names of its fields. Numbers stay, as in a schema they are limits. */
export function replaceInValue<Value>(value: Value, replace: Replace): Value {
  return replaceInUnknown(value, replace) as Value;
}

function replaceInUnknown(value: unknown, replace: Replace): unknown {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((item) => replaceInUnknown(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [replace(name), replaceInUnknown(item, replace)]),
  );
}

/** The object or list that a text is; one that is nested too deeply to be written again is taken for plain text. */
export function parseStructure(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value = JSON.parse(text) as object;
    return isShallow(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const maxDepth = 256;

function isShallow(root: object): boolean {
  let level: readonly unknown[] = [root];
  for (let depth = 0; depth < maxDepth; depth += 1) {
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [],
    );
    if (level.length === 0) return true;
  }
  return false;
}
