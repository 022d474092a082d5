import { MillraceError, requireWellFormed } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';
import type { ConstraintBody } from './constraint-schema.ts';

/** Deeper ones are no schemas that anybody writes, and everything that walks along them is recursive. */
const maxDepth = 64;

type Constraints = Pick<RequestContent, 'response_format' | 'tools' | 'tool_choice'>;

/**
 * The form that the answer is bound to; nothing where it is free.
 *
 * @throws `conflicting_values`, `invalid_value`, `invalid_unicode`
 */
export function readConstraints({ response_format, tools, tool_choice }: ConstraintBody): Constraints {
  requireShallow(response_format, 'response_format');
  requireShallow(tools, 'tools');
  requireWellFormed({ response_format, tools });
  requireChoice(tool_choice, tools);
  return {
    ...(response_format === undefined || response_format.type === 'text' ? {} : { response_format }),
    ...(tools === undefined ? {} : { tools }),
    ...(tool_choice === undefined ? {} : { tool_choice }),
  };
}

function requireShallow(value: unknown, param: string, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= maxDepth) {
    throw new MillraceError(
      'invalid_value',
      `${param} is nested too deeply: it may have ${maxDepth} levels`,
      { param },
    );
  }
  for (const item of Object.values(value)) requireShallow(item, param, depth + 1);
}

function requireChoice(choice: ConstraintBody['tool_choice'], tools: ConstraintBody['tools']): void {
  if (choice === undefined) return;
  if (tools === undefined) {
    throw new MillraceError(
      'conflicting_values',
      'tool_choice says how tools are chosen: send tools with it',
      {
        param: 'tool_choice',
      },
    );
  }
  if (typeof choice === 'string' || tools.some((tool) => tool.function.name === choice.function.name)) return;
  throw new MillraceError('invalid_value', 'tool_choice names a function that is not among tools', {
    param: 'tool_choice.function.name',
  });
}
