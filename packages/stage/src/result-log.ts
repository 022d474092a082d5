import { randomUUID } from 'node:crypto';
import type { StoredMessage } from '@millrace/bus';
import { subjects, type ResultChunk } from '@millrace/contracts';
import type { StageDependencies } from './stage-dependencies.ts';

type LogDependencies = Pick<StageDependencies, 'bus' | 'codec'>;

/**
 * The results of one request, as one who may append to them. Each record is stored only if the last one is the one that this
 * writer knows: whoever was overtaken by another writer is refused by the server, so the log has one line of history.
 */
export interface ResultLog {
  /**
   * The last record, or undefined when there is none (any more) but OPENED.
   *
   * @throws `message_corrupt` or `schema_unknown` when it cannot be read; it can be appended to all the same
   */
  readonly last: ResultChunk | undefined;
  /**
   * Appends and waits until it is stored. One append at a time.
   *
   * @throws `fenced` when another writer has appended
   */
  append(record: ResultChunk): Promise<void>;
  /** Sequence of the last record that this writer knows. */
  readonly end: number;
}

/**
 * The result log of a request, at its present end.
 *
 * @param openedAt its end, if it is known to be the gateway's OPENED
 */
export async function openResultLog(
  { bus, codec }: LogDependencies,
  request: { readonly gateway: string; readonly request_id: string },
  openedAt?: number,
): Promise<ResultLog> {
  const subject = subjects.result(request.gateway, request.request_id);
  const stored = openedAt === undefined ? await bus.lastMessage('RESULTS', subject) : undefined;
  const writer = randomUUID();
  let sequence = openedAt ?? stored?.sequence ?? 0;
  let last: ResultChunk | undefined;
  let appended = 0;
  return {
    get last() {
      if (stored !== undefined) last ??= codec.decode('result.chunk', stored.payload);
      return last;
    },
    get end() {
      return sequence;
    },
    async append(record) {
      appended += 1;
      const ack = await bus.publish({
        subject,
        payload: codec.encode('result.chunk', record),
        messageId: `${request.request_id}:${writer}:${appended}`,
        expectedLastSequence: sequence,
      });
      sequence = ack.sequence;
      last = record;
    },
  };
}

/** One record as it lies in the stream. */
export interface StoredResult {
  readonly stored: StoredMessage;
  readonly record: ResultChunk;
}

/** The stored records of a request, whichever gateway relays it, oldest first. */
export async function* readResults(
  { bus, codec }: LogDependencies,
  requestId: string,
  options: { readonly fromSequence?: number; readonly signal?: AbortSignal } = {},
): AsyncGenerator<StoredResult> {
  for await (const stored of bus.read('RESULTS', subjects.resultsOfRequest(requestId), options)) {
    yield { stored, record: codec.decode('result.chunk', stored.payload) };
  }
}
