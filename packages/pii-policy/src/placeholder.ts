import type { Shape } from './value-place.ts';

/** `<EMAIL_1>`, or `__EMAIL_1__` where brackets would break what it stands in. */
const placeholder = /<([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_\d{1,9})>|__([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_\d{1,9})__/g;

/** What placeholders of some types are called: the shorter a name is, the surer a small model repeats it. */
const labels: Readonly<Record<string, string>> = {
  EMAIL_ADDRESS: 'EMAIL',
  PHONE_NUMBER: 'PHONE',
  CREDIT_CARD: 'CARD',
  IBAN_CODE: 'IBAN',
  IP_ADDRESS: 'IP',
  STREET_ADDRESS: 'ADDRESS',
};

/** What the placeholders of a type begin with. */
export function labelOf(type: string): string {
  return labels[type] ?? type;
}

/** Written around a name. The name is that of a placeholder, or of a type. */
export function writePlaceholder(name: string, shape: Shape): string {
  return shape === 'bracketed' ? `<${name}>` : `__${name}__`;
}

/** The names of the placeholders that stand in a text, in either shape and whoever wrote them. */
export function placeholderNamesIn(text: string): readonly string[] {
  if (!text.includes('<') && !text.includes('__')) return [];
  return Array.from(text.matchAll(placeholder), ([, bracketed, plain]) => bracketed ?? plain ?? '');
}

/** Where the last placeholder of a text ends; 0 where it has none. */
export function endOfLastPlaceholder(text: string): number {
  let end = 0;
  replacePlaceholders(text, (name, offset) => {
    end = offset + name.length + (text[offset] === '<' ? 2 : 4);
    return undefined;
  });
  return end;
}

/** Puts something else in the place of each placeholder; undefined: it stays. @param offset of the match in the text */
export function replacePlaceholders(
  text: string,
  put: (name: string, offset: number) => string | undefined,
): string {
  if (!text.includes('<') && !text.includes('__')) return text;
  return text.replace(
    placeholder,
    (written: string, bracketed: string | undefined, plain: string | undefined, offset: number) =>
      put(bracketed ?? plain ?? '', offset) ?? written,
  );
}
