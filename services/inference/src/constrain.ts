import { MillraceError } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';
import type { Generation } from './engine/generation.ts';

type Constraints = Pick<Generation, 'responseFormat' | 'tools' | 'toolChoice'>;

/**
 * What binds the answer to a form, in the terms of the engine. The engine cannot hold an answer to one yet, so whatever asks for
 * it is refused: an answer that ignores it would be worse than none.
 *
 * @throws `unsupported_value` with the field that asks for it
 */
export function constraintsOf({ response_format, tools, tool_choice }: RequestContent): Constraints {
  if (response_format !== undefined && response_format.type !== 'text') {
    throw unsupported('response_format', `response_format is of the type ${response_format.type}`);
  }
  if (tools !== undefined && tool_choice !== 'none') throw unsupported('tools', 'tools are given');
  return { responseFormat: response_format, tools, toolChoice: tool_choice };
}

function unsupported(param: string, what: string): MillraceError {
  return new MillraceError(
    'unsupported_value',
    `${what}: the model only answers in free text, so leave it out`,
    { param },
  );
}
