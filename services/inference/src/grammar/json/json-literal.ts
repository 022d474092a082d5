import { separatorTexts } from './json-values.ts';

const { item, key } = separatorTexts;

/** A value as JSON, with the separators that all answers have. */
export function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(item)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, each]) => `${JSON.stringify(name)}${key}${jsonText(each)}`,
  );
  return `{${members.join(item)}}`;
}
