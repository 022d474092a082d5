/** HTML that may stand in HTML as it is. */
export interface Html {
  readonly html: string;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

type Part = string | number | Html | readonly Html[];

/** HTML from a template; what stands in it is text, unless it is HTML itself. */
export function html(parts: TemplateStringsArray, ...values: readonly Part[]): Html {
  return {
    html: parts.reduce((before, part, index) => `${before}${written(values[index - 1] ?? '')}${part}`),
  };
}

/** HTML that was made elsewhere, such as SVG. */
export const trusted = (text: string): Html => ({ html: text });

function written(value: Part): string {
  if (Array.isArray(value)) return (value as readonly Html[]).map((each) => each.html).join('');
  if (typeof value === 'object') return (value as Html).html;
  return String(value).replaceAll(/[&<>"']/gu, (character) => escapes[character] ?? '');
}
