import { MillraceError } from '@millrace/runtime';
import type { Operation } from '@millrace/stage';
import type { IntakeBody } from './intake-schema.ts';

/** Fields that stand beside the parameters, or are none of a queue. */
const elsewhere: ReadonlySet<string> = new Set([
  'model',
  'prompt',
  'messages',
  'text',
  'priority',
  'timeout_ms',
  'cache',
  'stream',
]);

/**
 * The body that the endpoint of an operation takes, out of a request of a queue.
 *
 * @throws `invalid_value`, `missing_value`, `conflicting_values`
 */
export function operationBody(operation: Operation, body: IntakeBody): object {
  const { model, messages, input, parameters = {}, priority, timeout_ms, cache } = body;
  const misplaced = Object.keys(parameters).find((name) => elsewhere.has(name));
  if (misplaced !== undefined) {
    const param = `parameters.${misplaced}`;
    throw new MillraceError('invalid_value', `${param} is not known: it is no parameter`, { param });
  }
  const given = operation === 'generate' ? generated(messages, input) : texts(operation, messages, input);
  const common = Object.entries({ model, priority, timeout_ms, cache }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...parameters, ...Object.fromEntries(common), ...given };
}

function generated(messages: unknown, input: unknown): object {
  if (messages !== undefined && input !== undefined) {
    const param = 'messages';
    throw new MillraceError('conflicting_values', 'messages and input exclude each other: send one of them', {
      param,
    });
  }
  if (messages !== undefined) return { messages };
  if (input === undefined)
    throw new MillraceError('missing_value', 'input is missing: send input or messages', { param: 'input' });
  return { prompt: input };
}

function texts(operation: Operation, messages: unknown, input: unknown): object {
  if (messages !== undefined)
    throw new MillraceError('invalid_value', `messages are for generate: ${operation} takes input`, {
      param: 'messages',
    });
  return input === undefined ? {} : { text: input };
}
