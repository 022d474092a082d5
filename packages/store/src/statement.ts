import { hash } from 'node:crypto';

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
  const text = parts.reduce((before, part, index) => `${before}$${index}${part}`);
  return { name: hash('sha1', text), text, values };
}
