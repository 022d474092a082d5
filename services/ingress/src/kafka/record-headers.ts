import { intakeHeaders } from '@millrace/intake';
import type { IHeaders } from 'kafkajs';
import { MillraceError } from '@millrace/runtime';

const taken = new Map(
  [
    intakeHeaders.correlationId,
    intakeHeaders.priority,
    intakeHeaders.deadline,
    intakeHeaders.idempotencyKey,
    intakeHeaders.answer,
    'traceparent',
    'tracestate',
  ].map((name) => [name.toLowerCase(), name]),
);

const longestBytes = 4_096;

/**
 * The headers of a record that mean something to Millrace; of several of one name the last counts.
 *
 * @throws `invalid_value` naming the header that is not text of one line
 */
export function readRecordHeaders(headers: IHeaders = {}): Record<string, string> {
  const read: Record<string, string> = {};
  for (const [given, values] of Object.entries(headers)) {
    const name = taken.get(given.toLowerCase());
    const value = Array.isArray(values) ? values.at(-1) : values;
    if (name === undefined || value === undefined) continue;
    const text = lineOf(value);
    if (text === undefined)
      throw new MillraceError(
        'invalid_value',
        `The header ${name} must be one line of UTF-8 text of at most ${longestBytes} bytes`,
        { param: name },
      );
    read[name] = text;
  }
  return read;
}

/** The bytes as one line of text; undefined where they are none. */
export function lineOf(bytes: Buffer | string): string | undefined {
  const text = typeof bytes === 'string' ? bytes : bytes.toString('utf8');
  if (Buffer.byteLength(text) > longestBytes || /\p{Cc}|\uFFFD/u.test(text)) return undefined;
  return text;
}
