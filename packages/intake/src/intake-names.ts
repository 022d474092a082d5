import type { FieldNames } from '@millrace/endpoints';
import type { Operation } from '@millrace/stage';

const outside: ReadonlySet<string> = new Set(['model', 'priority', 'timeout_ms', 'cache']);

/** What a field of the endpoint of an operation is called in a request of a queue. */
export function nameInIntake(operation: Operation): FieldNames {
  const text = operation === 'generate' ? 'prompt' : 'text';
  return (param) => {
    if (param === text || param.startsWith(`${text}[`)) return `input${param.slice(text.length)}`;
    if (outside.has(param) || /^messages\b/u.test(param)) return param;
    return `parameters.${param}`;
  };
}
