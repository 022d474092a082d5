import { hash } from 'node:crypto';

/** Of each template, the text and its name: they are the same each time it is used. */
const texts = new WeakMap<TemplateStringsArray, Pick<Statement, 'name' | 'text'>>();

/** A statement with its values, which finds these rows. */
export interface Statement<Rows = unknown> {
  /** Of the text: under this name each connection prepares it once. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /** Of the types alone. */
  readonly rows?: Rows;
}

/**
 * Makes a statement from a template string; what stands in it becomes a parameter. Lists are parameters too: then the statement
 * has one text whatever their length, and so one plan.
 */
export function statement<Rows extends readonly unknown[]>(
  parts: TemplateStringsArray,
  ...values: readonly unknown[]
): Statement<Rows> {
  let named = texts.get(parts);
  if (named === undefined) {
    const text = parts.reduce((before, part, index) => `${before}$${index}${part}`);
    named = { name: hash('sha1', text), text };
    texts.set(parts, named);
  }
  return { ...named, values };
}

/** Makes statements of one text, which is put together from pieces once; its parameters are $1, $2 and so on. */
export function prepare<Rows = unknown>(text: string): (...values: readonly unknown[]) => Statement<Rows> {
  const name = hash('sha1', text);
  return (...values) => ({ name, text, values });
}
