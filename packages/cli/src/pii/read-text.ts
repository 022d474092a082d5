/** A line of what is scanned. */
export interface Text {
  readonly id: string | number;
  readonly text: string;
}

/** @returns what is wrong with the line, which names the field and says nothing of its content */
export function readText(line: string): Text | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // What the parser says would quote the text.
    return 'no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `${kindOf(value)}: it must be an object {"id": text or number, "text": text}`;
  const { id, text } = value as Partial<Record<keyof Text, unknown>>;
  if (typeof id !== 'string' && typeof id !== 'number')
    return `id is ${kindOf(id)}: it must be a text or a number`;
  if (typeof text !== 'string') return `text is ${kindOf(text)}: it must be a text`;
  return { id, text };
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
