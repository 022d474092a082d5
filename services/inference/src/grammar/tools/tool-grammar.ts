import { MillraceError } from '@millrace/runtime';
import type { FunctionTool, RequestContent } from '@millrace/stage';
import { maxGrammarBytes, type AnswerGrammar } from '../grammar-limits.ts';
import { literal, repeat, sequence } from '../json/ebnf.ts';
import { GrammarRules } from '../json/grammar-rules.ts';
import { schemaExpression } from '../json/schema-grammar.ts';
import type { ToolCallForm } from './tool-call-form.ts';

/** Calls of one answer. */
const maxCalls = 8;

/** A function that says nothing of its arguments takes none. */
const noArguments = { type: 'object', properties: {}, additionalProperties: false } as const;

/**
 * The grammar of an answer that has to call a function, and of one that may; undefined where it may not.
 *
 * @throws `unsupported_value`, `invalid_value`, `conflicting_values`
 */
export function toolGrammar(
  {
    response_format,
    tools,
    tool_choice: choice = 'auto',
  }: Pick<RequestContent, 'response_format' | 'tools' | 'tool_choice'>,
  model: string,
  form: ToolCallForm | undefined,
): AnswerGrammar | undefined {
  if (tools === undefined || choice === 'none') return undefined;
  if (form === undefined) {
    throw new MillraceError(
      'unsupported_value',
      `The model ${model} has no tools in its chat template: leave tools out`,
      { param: 'tools' },
    );
  }
  if (response_format !== undefined && response_format.type !== 'text') {
    throw new MillraceError(
      'conflicting_values',
      'tools and response_format both give the answer a form: send one of them',
      { param: 'response_format' },
    );
  }
  const rules = new GrammarRules(maxGrammarBytes, 'tools');
  const named = typeof choice === 'object' ? choice.function.name : undefined;
  const calls = tools.flatMap((tool, index) =>
    named === undefined || tool.function.name === named ? [callOf(tool, index, form, rules)] : [],
  );
  const call = rules.oneOf(calls);
  if (choice === 'auto') return { grammar: freeUntilCall(call, form, rules), param: 'tools' };
  const more =
    named === undefined ? repeat(sequence(literal('\n'), literal(form.begin), call), 0, maxCalls - 1) : '""';
  return { grammar: rules.toGrammar(sequence(literal(form.begin), call, more)), param: 'tools' };
}

/** What follows the mark of the beginning. */
function callOf(
  { function: called }: FunctionTool,
  index: number,
  form: ToolCallForm,
  rules: GrammarRules,
): string {
  const field = `tools[${index}].function.parameters`;
  const parameters = schemaExpression(
    { root: called.parameters ?? noArguments, field, param: 'tools' },
    rules,
  );
  const name = JSON.stringify(called.name);
  return sequence(literal(`{"name": ${name}, "arguments": `), parameters, literal(`}${form.end}`));
}

/** Any text, in which a call has its form once it has begun. */
function freeUntilCall(call: string, { begin }: ToolCallForm, rules: GrammarRules): string {
  const dispatch = `TagDispatch((${literal(begin)}, ${rules.add(call)}), stop_eos=true, loop_after_dispatch=true)`;
  return rules.toGrammar(dispatch);
}
