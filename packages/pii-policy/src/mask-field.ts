const longestName = 64;

/**
 * Does to the value of a field what `mask` does to texts: the name of the field says what it is, as "password" or "phone" does in a
 * sentence.
 */
export function maskField(mask: (text: string) => string, name: string | undefined, value: string): string {
  if (name === undefined || name === '' || name.length > longestName || /[\n<]/.test(name))
    return mask(value);
  const prefix = `${name}: `;
  const masked = mask(prefix + value);
  // The name is part of something itself.
  if (!masked.startsWith(prefix)) return mask(value);
  // A value of many lines may be told by what it is alone.
  return masked === prefix + value ? mask(value) : masked.slice(prefix.length);
}
