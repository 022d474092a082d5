/** What keeps the set-up from going on, told in full: what is missing, where it was looked for, how to supply it. */
export class SetUpError extends Error {
  /**
   * @param {string} summary one sentence
   * @param {{ looked?: string[], supply?: string[], cause?: unknown }} [details]
   */
  constructor(summary, { looked = [], supply = [], cause } = {}) {
    super(summary, { cause });
    this.name = 'SetUpError';
    this.looked = looked;
    this.supply = supply;
  }
}

/** One line for an error and what caused it (fetch hides the reason in `cause`). */
export function reasonOf(error) {
  const parts = [];
  for (let current = error; current !== undefined && current !== null; current = current.cause) {
    const text = String(current.message || current.code || current)
      .split('\n')[0]
      .trim();
    if (text !== '' && !parts.includes(text)) parts.push(text);
  }
  return parts.join(': ');
}

/** The whole message for a person: never a stack trace. */
export function describeSetUpError(error) {
  if (!(error instanceof SetUpError)) return `Set-up stopped: ${reasonOf(error)}`;
  const lines = [`Set-up stopped: ${error.message}`];
  lines.push(...listed('Looked', error.looked), ...listed('Supply', error.supply));
  return lines.join('\n');
}

function listed(title, items) {
  return items.map((item, index) => `  ${index === 0 ? `${title}:` : ' '.repeat(title.length + 1)} ${item}`);
}
