import type { OutgoingMessage } from '@millrace/bus';
import type { Codec } from '@millrace/contracts';
import type { WireTranslator } from '@millrace/kafka';
import { madeAt, MillraceError } from '@millrace/runtime';
import type { OpenedLetter } from './open-letter.ts';

export interface MessageDependencies {
  readonly codec: Codec;
  /** Reads records of topics by the schema registry; undefined where none is configured. */
  readonly translate: WireTranslator | undefined;
}

type Headers = Readonly<Record<string, string>>;

const names = {
  /** The request that a message repeats. */
  replayOf: 'Millrace-Replay-Of',
  idempotencyKey: 'Idempotency-Key',
  deadline: 'Millrace-Deadline',
  contentType: 'Content-Type',
} as const;
/** What is put into a queue again is at another place: it is another request. */
const ofPlace = ['Millrace-Place', 'Millrace-Place-Time', 'Millrace-Transport'];
const avroType = 'application/vnd.millrace.avro';

/**
 * The message of a queue or a topic, to be put into its queue once more: with its own headers and as much time as it had. What nobody
 * could read would only come back, and its sender be told once more.
 *
 * @param replayId the same for the same replay
 * @throws `schema_unknown`, `message_corrupt`, `invalid_json` where it cannot be read; `unsupported_value` where there is no registry to read
 *   it by; `unavailable` where the registry is away
 */
export async function replayMessage(
  { codec, translate }: MessageDependencies,
  { letter, payload: given }: OpenedLetter,
  replayId: string,
  signal: AbortSignal,
): Promise<OutgoingMessage> {
  const isWire = letter.stream.startsWith('KAFKA') && given[0] === 0;
  const payload = isWire ? await fromWire(translate, given, signal) : given;
  const headers = isWire
    ? { ...without(letter.headers, names.contentType), [names.contentType]: avroType }
    : letter.headers;
  const sentAt = letter.request_id === null ? letter.at : madeAt(letter.request_id);
  const deadline = deadlineOf(codec, payload, headers, sentAt);
  return {
    subject: letter.subject,
    payload,
    messageId: replayId,
    headers: {
      // Behind the time in which the broker knows its message, the request is still the same.
      [names.idempotencyKey]: replayId,
      ...without(headers, ...ofPlace, ...(deadline === undefined ? [] : [names.deadline])),
      ...(deadline !== undefined && { [names.deadline]: deadline }),
      ...(letter.request_id !== null && { [names.replayOf]: letter.request_id }),
    },
  };
}

async function fromWire(
  translate: WireTranslator | undefined,
  record: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (translate !== undefined) return translate(record, signal);
  throw new MillraceError(
    'unsupported_value',
    'It is Avro in the wire format of a schema registry: set MILLRACE_SCHEMA_REGISTRY_URL for the jobs, and replay it again.',
    { param: 'letter' },
  );
}

/**
 * How long it may take from now on, where it had to be done by a moment: as long as it might then, which is in its past by now. A duration
 * counts from now on by itself.
 */
function deadlineOf(codec: Codec, payload: Uint8Array, headers: Headers, sentAt: number): string | undefined {
  const { deadline_at: inBody, timeout_ms: timeoutMs } = readBody(codec, payload, headers);
  const inHeader = valueOf(headers, names.deadline);
  const moment = momentOf(inHeader ?? inBody);
  if (moment === undefined) return undefined;
  const hadMs = Math.max(1, moment - sentAt);
  const isShorter = inHeader === undefined && typeof timeoutMs === 'number' && timeoutMs < hadMs;
  return `${isShorter ? timeoutMs : hadMs}ms`;
}

/** @returns milliseconds since the epoch; undefined for a duration, and for what is neither */
function momentOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^\d{4}-/u.test(value)) return undefined;
  const moment = Date.parse(value);
  return Number.isNaN(moment) ? undefined : moment;
}

/** @throws `schema_unknown`, `message_corrupt`, `invalid_json` */
function readBody(
  codec: Codec,
  payload: Uint8Array,
  headers: Headers,
): { readonly deadline_at?: unknown; readonly timeout_ms?: unknown } {
  if (payload[0] === 0xc3 || /avro/iu.test(valueOf(headers, names.contentType) ?? ''))
    return codec.decode('intake.requested', payload);
  try {
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    return typeof body === 'object' && body !== null ? body : {};
  } catch (cause) {
    throw new MillraceError('invalid_json', 'The message is not JSON: it would only come back.', { cause });
  }
}

function valueOf(headers: Headers, name: string): string | undefined {
  return Object.entries(headers).findLast(([each]) => isSame(each, name))?.[1];
}

function without(headers: Headers, ...left: readonly string[]): Headers {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !left.some((each) => isSame(each, name))),
  );
}

/** The case of headers does not count. */
function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
