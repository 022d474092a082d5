/** `messages[0].content` of the JSON pointer `/messages/0/content`; empty for the value itself. */
export function fieldPath(pointer: string): string {
  return pointerTokens(pointer).reduce(joinField, '');
}

/** The unescaped parts of a JSON pointer (RFC 6901). */
export function pointerTokens(pointer: string): readonly string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Appends a field or an index to a path. */
export function joinField(path: string, token: string): string {
  if (/^\d+$/.test(token)) return `${path}[${token}]`;
  return path === '' ? token : `${path}.${token}`;
}
