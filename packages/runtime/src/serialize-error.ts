import { MillraceError } from './millrace-error.ts';

/** What a log keeps of an error. */
export interface SerializedError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly retryable?: boolean;
  readonly param?: string;
  readonly cause?: SerializedError | string;
}

const maxCauses = 8;

/**
 * The message without what may come from a request: a SyntaxError of JSON.parse quotes its input,
 * a failed query lists its parameters.
 */
export function safeMessage(error: Error): string {
  if (error instanceof SyntaxError) return 'syntax error (text withheld)';
  const parameters = error.message.indexOf('\nparams:');
  return parameters === -1 ? error.message : error.message.slice(0, parameters);
}

/** Name, code, message, stack and causes of an error; nothing else that hangs on it, since that may be content. */
export function serializeError(error: unknown, depth = 0): SerializedError {
  if (!(error instanceof Error))
    return { name: typeof error, message: 'something other than an error was thrown' };
  const message = safeMessage(error);
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    name: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    message,
    ...(error.stack === undefined ? {} : { stack: frames(error, message) }),
    ...(error instanceof MillraceError ? { retryable: error.retryable } : {}),
    ...(error instanceof MillraceError && error.param !== undefined ? { param: error.param } : {}),
    ...(error.cause instanceof Error && depth < maxCauses
      ? { cause: serializeError(error.cause, depth + 1) }
      : {}),
  };
}

/** The stack begins with the message, so its head is written anew. */
function frames(error: Error, message: string): string {
  const stack = error.stack ?? '';
  const first = stack.indexOf('\n    at ');
  return `${error.name}: ${message}${first === -1 ? '' : stack.slice(first)}`;
}
