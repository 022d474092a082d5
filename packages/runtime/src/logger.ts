import { pino, stdTimeFunctions, type DestinationStream, type Logger, type LevelWithSilent } from 'pino';
import { redact } from './redact.ts';
import { safeMessage } from './serialize-error.ts';

export type { Logger } from 'pino';
export type LogLevel = LevelWithSilent;

export const logLevels = [
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
] as const satisfies LogLevel[];

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** By default the standard output. */
  readonly destination?: DestinationStream;
}

/**
 * One JSON object a line: `level`, `time` (ISO 8601), `service`, `message`, `error`. Prompt text, credentials and keys are
 * withheld by the name of their field, at any depth, so never put them into the message itself.
 */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service },
    messageKey: 'message',
    errorKey: 'error',
    timestamp: stdTimeFunctions.isoTime,
    // The serializer of pino keeps every field of an error; `redact` has already reduced it.
    serializers: { error: (value: unknown) => value },
    formatters: {
      level: (label: string) => ({ level: label }),
      bindings: redact,
      log: redact,
    },
    hooks: {
      logMethod(this: Logger, args: Parameters<Logger['info']>, method: (...values: unknown[]) => void) {
        method.apply(this, withMessage(args));
      },
    },
  };
  const logger = destination === undefined ? pino(options) : pino(options, destination);
  return withRedactedChildren(logger);
}

/** Pino formats the bindings of the root alone. Children inherit this method. */
function withRedactedChildren(logger: Logger): Logger {
  // eslint-disable-next-line typescript/unbound-method -- it is called on the logger that it was taken from, or on a child of it
  const makeChild = logger.child;
  logger.child = function child(this: Logger, bindings, options) {
    return makeChild.call(this, redact(bindings), options);
  } as Logger['child'];
  return logger;
}

/** Pino would take the message of an error as it is, and that may quote its input. */
function withMessage(args: readonly unknown[]): unknown[] {
  const [first, ...rest] = args;
  const error = first instanceof Error ? first : errorOf(first);
  if (error === undefined) return [...args];
  const fields = first instanceof Error ? { error } : first;
  return rest.length > 0 ? [fields, ...rest] : [fields, safeMessage(error)];
}

function errorOf(fields: unknown): Error | undefined {
  if (typeof fields !== 'object' || fields === null || !('error' in fields)) return undefined;
  return fields.error instanceof Error ? fields.error : undefined;
}
