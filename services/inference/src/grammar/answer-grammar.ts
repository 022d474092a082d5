import type { RequestContent } from '@millrace/stage';
import { maxGrammarBytes, type AnswerGrammar } from './grammar-limits.ts';
import { GrammarRules } from './json/grammar-rules.ts';
import { anyObject } from './json/json-values.ts';
import { schemaExpression } from './json/schema-grammar.ts';
import type { ToolCallForm } from './tools/tool-call-form.ts';
import { toolGrammar } from './tools/tool-grammar.ts';

/**
 * The grammar of what a request wants; undefined where that is free text.
 *
 * @param model its name, for messages
 * @param toolCalls how the model calls tools, if it can
 * @throws `unsupported_value`, `invalid_value`, `conflicting_values`
 */
export function answerGrammar(
  content: Pick<RequestContent, 'response_format' | 'tools' | 'tool_choice'>,
  model: string,
  toolCalls: ToolCallForm | undefined,
): AnswerGrammar | undefined {
  const ofTools = toolGrammar(content, model, toolCalls);
  if (ofTools !== undefined) return ofTools;
  const { response_format: format } = content;
  if (format === undefined || format.type === 'text') return undefined;
  const param = format.type === 'json_object' ? 'response_format' : 'response_format.json_schema.schema';
  const rules = new GrammarRules(maxGrammarBytes, param);
  if (format.type === 'json_object') return { grammar: rules.toGrammar(anyObject(rules)), param };
  const expression = schemaExpression({ root: format.json_schema.schema, field: param, param }, rules);
  return { grammar: rules.toGrammar(expression), param };
}
