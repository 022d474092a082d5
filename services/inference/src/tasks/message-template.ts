import { Template } from '@huggingface/jinja';
import { MillraceError } from '@millrace/runtime';

/** What can stand in a template; undefined is false in a condition. */
export type TemplateValues = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** The content of one message of a prompt. */
export interface MessageTemplate {
  /** Variables that stand in it. */
  readonly variables: ReadonlySet<string>;
  render(values: TemplateValues): string;
}

/**
 * Compiles a template. Values are put in as they are, never read as templates themselves.
 *
 * @param allowed names of the variables that there are
 * @param place file and field, for errors
 * @throws MillraceError `config_invalid` if it is not valid Jinja, or has a variable that does not exist
 */
export function compileMessage(content: string, allowed: readonly string[], place: string): MessageTemplate {
  let template: Template;
  try {
    template = new Template(content);
  } catch (error) {
    throw new MillraceError('config_invalid', `${place} is not valid Jinja.`, { cause: error });
  }
  const names = identifiersIn(template.parsed);
  const own = loopVariablesIn(template.parsed);
  const unknown = [...names].find((name) => !allowed.includes(name) && !own.has(name));
  if (unknown !== undefined) {
    throw new MillraceError(
      'config_invalid',
      `${place} has the variable ${unknown}: the variables are ${allowed.join(', ')}.`,
    );
  }
  return { variables: names, render: (values) => template.render({ ...values }) };
}

/** Parts of a parsed template in which names are those of fields, filters, tests and operators. */
const partsWithoutVariables: Readonly<Record<string, string>> = {
  MemberExpression: 'property',
  FilterExpression: 'filter',
  FilterStatement: 'filter',
  TestExpression: 'test',
  UnaryExpression: 'operator',
  BinaryExpression: 'operator',
};

/** Every variable that stands in a parsed template. */
function identifiersIn(node: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof node !== 'object' || node === null) return found;
  const type = 'type' in node ? String(node.type) : '';
  if (type === 'Identifier' && 'value' in node) found.add(String(node.value));
  for (const [part, child] of Object.entries(node))
    if (part !== partsWithoutVariables[type]) identifiersIn(child, found);
  return found;
}

/** The names that its loops define. */
function loopVariablesIn(node: unknown, found = new Set(['loop'])): ReadonlySet<string> {
  if (typeof node !== 'object' || node === null) return found;
  if ('loopvar' in node) for (const name of identifiersIn(node.loopvar)) found.add(name);
  for (const child of Object.values(node)) loopVariablesIn(child, found);
  return found;
}
