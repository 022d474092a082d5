import type { FuzzedExchange } from './fuzzed-exchange.ts';
import type { RawResponse } from './http-responses.ts';
import type { ExchangeEnd } from './send-exchange.ts';

/** What is wrong with how the server answered; nothing, if all is well. */
export function judgeExchange(
  { methods, whole, mayBeSilent }: FuzzedExchange,
  { responses, restBytes, isClosed }: ExchangeEnd,
): readonly string[] {
  const problems = responses.flatMap((response, index) => judgeResponse(response, methods[index]));
  if (restBytes > 0 && !mayBeSilent) problems.push(`${restBytes} bytes behind the last whole response`);
  const saysClose = responses.some(({ headers }) => headers.get('connection')?.toLowerCase() === 'close');
  if (responses.length < whole && !saysClose && !mayBeSilent)
    problems.push(`${responses.length} responses to ${whole} requests${isClosed ? ', and closed' : ''}`);
  return problems;
}

const internals = /node_modules|\.ts\b|\n\s+at /u;

function judgeResponse({ status, headers, body }: RawResponse, method: string | undefined): string[] {
  if (status >= 500) return [`status ${status}: ${body}`];
  if (internals.test(body)) return [`internals in a body: ${body.slice(0, 200)}`];
  if (status >= 400 && method !== 'HEAD') {
    const type = headers.get('content-type') ?? '';
    if (!type.startsWith('application/json'))
      return [`an error ${status} of type "${type}": ${body.slice(0, 200)}`];
    return isErrorBody(parse(body)) ? [] : [`an error ${status} of another form: ${body.slice(0, 200)}`];
  }
  if (headers.get('content-type')?.startsWith('text/event-stream') === true) return judgeStream(body);
  return [];
}

/** A stream comes to an end that says what it is. */
function judgeStream(body: string): string[] {
  const last = body.trimEnd().split('\n\n').at(-1) ?? '';
  const data = /^data: (.*)$/mu.exec(last)?.[1] ?? '';
  if (/^event: error$/mu.test(last) || data.startsWith('{"error"'))
    return isStreamedError(parse(data)) ? [] : [`an error of another form in a stream: ${data}`];
  return /^event: (?:completed|\S+\.(?:completed|incomplete|cancelled))$/mu.test(last) || data === '[DONE]'
    ? []
    : [`a stream without an end: ${last.slice(0, 200)}`];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isErrorBody(value: unknown): boolean {
  return isObject(value) && Object.keys(value).join() === 'error' && isError(value['error']);
}

/** Streams of the platform's own form, and those of others: a reader that waited for longer than for a status is told so. */
function isStreamedError(value: unknown): boolean {
  if (!isObject(value) || !('request_id' in value)) return isErrorBody(value);
  const { error, request_id: requestId, seq, retryable, ...more } = value;
  return (
    isError(error) &&
    typeof requestId === 'string' &&
    typeof seq === 'number' &&
    typeof retryable === 'boolean' &&
    Object.keys(more).length === 0
  );
}

function isError(error: unknown): boolean {
  if (!isObject(error) || Object.keys(error).toSorted().join() !== 'code,message,param,type') return false;
  const { message, type, param, code } = error;
  return typeof message === 'string' && typeof type === 'string' && isTextOrNull(param) && isTextOrNull(code);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}
