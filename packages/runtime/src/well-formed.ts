import { MillraceError } from './millrace-error.ts';

/**
 * Checks every text and every name of a field in a JSON value.
 * @param param path of the value itself, as the client wrote it; empty for the whole message
 * @throws MillraceError invalid_unicode with the path of the first text that is not well formed
 */
export function requireWellFormed(value: unknown, param = ''): void {
  if (typeof value === 'string') {
    if (value.isWellFormed()) return;
    const where = param === '' ? 'The message' : param;
    throw new MillraceError('invalid_unicode', `${where} has a lone surrogate, which is not valid Unicode`, {
      param: param === '' ? undefined : param,
    });
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) requireWellFormed(item, `${param}[${index}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      requireWellFormed(name, param);
      requireWellFormed(item, param === '' ? name : `${param}.${name}`);
    }
  }
}
