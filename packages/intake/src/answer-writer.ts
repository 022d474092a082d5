import { traceHeaders } from '@millrace/bus';
import { emptyAnswer, subjects, type AnswerGiven, type AnswerKind } from '@millrace/contracts';
import type { RelayChunk, RelayCompleted } from '@millrace/relay';
import { clientError } from '@millrace/relay';
import type { MillraceError } from '@millrace/runtime';
import { failureOf, type StageDependencies } from '@millrace/stage';
import { endsOf, resultOfChunk } from './answer-results.ts';
import { answerHeaders, contentTypes, sourceHeaderPrefix } from './intake-headers.ts';
import { idOfMessage, type IntakeMessage } from './intake-message.ts';
import type { AnswerAddress } from './read-intake.ts';

/** Where an answer stands. */
export interface AnswerState {
  /** Number of the last chunk that is stored. */
  readonly number: number;
  readonly isEnded: boolean;
}

/**
 * Writes the answer to one message, each piece behind the one before: whoever else writes it too, there is one line of history, with
 * one end. Numbers are those of the result log, so they are the same for every writer.
 */
export interface AnswerWriter {
  /** Looks up what is stored, by whoever had the message before. */
  resume(): Promise<AnswerState>;
  /** @throws `fenced` where somebody else has gone on; what `Bus.publish` throws */
  chunk(requestId: string, event: RelayChunk): Promise<void>;
  /** @param results undefined: it went out in pieces. @throws as `chunk` */
  complete(requestId: string, event: RelayCompleted, results?: AnswerGiven['results']): Promise<void>;
  /** @param requestId undefined where there is no request. @throws as `chunk` */
  fail(requestId: string | undefined, error: MillraceError, usage?: AnswerGiven['usage']): Promise<void>;
}

/** How long the answers of a tenant of whom nothing is kept can be read. */
const briefTtl = '5m';

export function createAnswerWriter(
  { bus, codec, clock }: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  message: IntakeMessage,
  address: AnswerAddress,
  zeroRetention: boolean,
): AnswerWriter {
  const { tenant, queue } = message;
  const id = idOfMessage(message);
  const subject = subjects.answer(tenant, queue, id);
  let number = 0;
  let sequence = 0;

  const write = async (
    kind: AnswerKind,
    requestId: string | undefined,
    fields: Partial<AnswerGiven>,
  ): Promise<void> => {
    const answer: AnswerGiven = {
      ...emptyAnswer,
      request_id: requestId ?? id,
      correlation_id: address.correlationId,
      tenant,
      queue,
      transport: message.transport,
      kind,
      number,
      requested_at: message.timeMs,
      at: clock.now(),
      operation: address.operation,
      replay_of: address.replayOf,
      metadata: address.metadata,
      ...fields,
    };
    const isAvro = address.format === 'avro';
    const ack = await bus.publish({
      subject,
      payload: isAvro ? codec.encode('answer.given', answer) : Buffer.from(JSON.stringify(answer)),
      messageId: `${id}:${kind === 'CHUNK' ? number : 'end'}`,
      expectedLastSequence: sequence,
      headers: {
        [answerHeaders.contentType]: contentTypes[address.format],
        [answerHeaders.requestId]: answer.request_id,
        [answerHeaders.kind]: kind,
        [answerHeaders.number]: String(number),
        ...(headerSafe(address.correlationId)
          ? { [answerHeaders.correlationId]: address.correlationId }
          : {}),
        ...traceHeaders.write(traceHeaders.read(message.headers)),
        ...sourceHeaders(message.headers),
        ...(zeroRetention ? { 'Nats-TTL': briefTtl } : {}),
      },
    });
    sequence = ack.sequence;
  };

  return {
    async resume() {
      const last = await bus.lastMessage('ANSWERS', subject);
      if (last === undefined) return { number: 0, isEnded: false };
      sequence = last.sequence;
      number = Number(last.headers[answerHeaders.number] ?? 0);
      return { number, isEnded: last.headers[answerHeaders.kind] !== 'CHUNK' };
    },
    async chunk(requestId, event) {
      number = event.seq;
      await write('CHUNK', requestId, { results: [resultOfChunk(event)] });
    },
    complete: (requestId, event, results = endsOf(event)) =>
      write('ANSWER', requestId, {
        results,
        model: event.model ?? null,
        model_version: event.modelVersion ?? null,
        finish_reason: event.finishReason,
        usage: event.usage,
        timings: event.timings,
        cost: event.cost ?? null,
        cache: event.cache ?? null,
      }),
    fail: (requestId, error, usage = null) =>
      write('ERROR', requestId, { failure: failureOf(clientError(error)), usage }),
  };
}

function headerSafe(text: string | null): text is string {
  return text !== null && !/[\r\n]/u.test(text);
}

function sourceHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const prefix = sourceHeaderPrefix.toLowerCase();
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase().startsWith(prefix)),
  );
}
