/** How a model writes a call of a function: JSON with `name` and `arguments` between two marks. */
export interface ToolCallForm {
  readonly begin: string;
  readonly end: string;
}

/** The form of Hermes, which Qwen2.5, Qwen3, SmolLM3 and others have: the call stands on a line of its own between two tags. */
const hermes: ToolCallForm = { begin: '<tool_call>\n', end: '\n</tool_call>' };

/** The form that a chat template asks the model for; undefined where it has no tools, or a form that is not known. */
export function toolCallFormOf(chatTemplate: string): ToolCallForm | undefined {
  const hasTools = /\btools\b/u.test(chatTemplate);
  const isHermes = ['<tool_call>', '</tool_call>', 'arguments'].every((part) => chatTemplate.includes(part));
  return hasTools && isHermes ? hermes : undefined;
}
