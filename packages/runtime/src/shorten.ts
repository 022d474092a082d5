/** The text, cut to at most `maxLength` UTF-16 units with an ellipsis at the end; never cuts a surrogate pair. */
export function shorten(text: string, maxLength = 60): string {
  if (text.length <= maxLength) return text;
  const cut = text.slice(0, maxLength - 1);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}
