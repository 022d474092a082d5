/** What stands for a piece of personal data: `<EMAIL_1>`. */
const placeholder = /<[A-Z]{2,16}_\d{1,9}>/g;

/** The placeholders that stand in a text, whoever wrote them. */
export function placeholdersIn(text: string): readonly string[] {
  return text.includes('<') ? (text.match(placeholder) ?? []) : [];
}
