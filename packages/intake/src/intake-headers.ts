/** Headers of a request in a queue; their case does not count. What they say goes before what the request itself says. */
export const intakeHeaders = {
  correlationId: 'Millrace-Correlation-Id',
  /** `high`, `normal` or `low`. */
  priority: 'Millrace-Priority',
  /** RFC 3339, or a duration such as `30s` from when the queue had the request. */
  deadline: 'Millrace-Deadline',
  idempotencyKey: 'Idempotency-Key',
  /** `whole` or `chunks`. */
  answer: 'Millrace-Answer',
  /** `avro` or `json`: by default what the request is in. */
  answerFormat: 'Millrace-Answer-Format',
  replayOf: 'Millrace-Replay-Of',
  contentType: 'Content-Type',
  /** Set by a source that brings requests in from elsewhere: `KAFKA`. */
  transport: 'Millrace-Transport',
  /** Where the request was there, such as `cluster/topic/partition/offset`, and since when, in milliseconds since the epoch. */
  place: 'Millrace-Place',
  placeTime: 'Millrace-Place-Time',
} as const;

/** Headers that begin so are repeated on each message of the answer. */
export const sourceHeaderPrefix = 'Millrace-Source-';

/** Headers of a message of an answer. */
export const answerHeaders = {
  requestId: 'Millrace-Request-Id',
  correlationId: 'Millrace-Correlation-Id',
  /** CHUNK, ANSWER or ERROR. */
  kind: 'Millrace-Kind',
  number: 'Millrace-Number',
  contentType: 'Content-Type',
} as const;

export const contentTypes = {
  avro: 'application/vnd.millrace.avro',
  json: 'application/json',
} as const;

/** Finds headers whatever their case. */
export function headerReader(
  headers: Readonly<Record<string, string>>,
): (name: string) => string | undefined {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => byName.get(name.toLowerCase());
}
