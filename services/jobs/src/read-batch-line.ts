import type { BatchError, BatchRequest } from '@millrace/jobs';
import { MillraceError, requireShallowJson } from '@millrace/runtime';
import type { TextLine } from './read-lines.ts';

/** A line of a batch: what it asks, or what is wrong with it. */
export type ReadLine = { readonly request: BatchRequest } | { readonly error: BatchError };

export const maxCustomIdLength = 512;

/** Reads a line of the input of a batch, all but the body of the request, which may fail by itself. */
export function readBatchLine(
  { number, text, problem }: TextLine,
  endpoint: string,
  maxBytes: number,
): ReadLine {
  const wrong = (code: string, message: string, param: string | null = null): ReadLine => ({
    error: { code, message, param, line: number },
  });
  if (problem === 'too_long') return wrong('line_too_long', `The line is longer than ${maxBytes} bytes.`);
  if (text === undefined) return wrong('invalid_unicode', 'The line is not valid UTF-8.');
  let line: unknown;
  try {
    requireShallowJson(text, 'The line');
    line = JSON.parse(text);
  } catch (error) {
    if (error instanceof MillraceError) return wrong('invalid_json_line', `${error.message}.`);
    return wrong('invalid_json_line', 'The line is not JSON.');
  }
  if (!isObject(line)) return wrong('invalid_json_line', 'The line must be a JSON object.');
  const { custom_id: customId, method, url, body, ...others } = line;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    return wrong('invalid_request', 'The line has a field besides custom_id, method, url and body.');
  if (typeof customId !== 'string' || customId === '' || customId.length > maxCustomIdLength) {
    const message = `custom_id must be a text of 1 to ${maxCustomIdLength} characters.`;
    return wrong('missing_required_parameter', message, 'custom_id');
  }
  if (method !== 'POST') return wrong('invalid_method', 'method must be POST.', 'method');
  if (url !== endpoint)
    return wrong('mismatched_endpoint', `url must be that of the batch, ${endpoint}.`, 'url');
  if (!isObject(body)) return wrong('invalid_request', 'body must be an object.', 'body');
  return { request: { customId, body } };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
