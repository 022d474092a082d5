import type { FastifyReply } from 'fastify';
import { responseFrames } from '@millrace/endpoints';
import type { WholeJob } from '@millrace/jobs';
import { clientError, toErrorBody, withReceipt, type GatewayPrincipal, type Relay } from '@millrace/relay';
import { MillraceError, type Clock } from '@millrace/runtime';
import { headersSoFar } from '../answer-request.ts';
import { openEventStream, type EventStream } from '../event-stream.ts';
import { awaitJob, isOver } from '../jobs/await-job.ts';
import type { Kept } from '../jobs/jobs-access.ts';
import { receiptedFrames } from '../receipt-header.ts';
import { errorOf, headOf, showResponse } from './stored-response.ts';

export interface StreamResponseOptions {
  readonly relay: Pick<Relay, 'follow' | 'askReceipt'>;
  readonly kept: Kept;
  readonly clock: Clock;
  readonly keepAliveMs: number;
  readonly principal: GatewayPrincipal;
  /** Sequence number of the last event that the client has; -1 for none. */
  readonly after: number;
  /** Aborted when the client is gone, or nothing more is to be waited for. */
  readonly ended: AbortSignal;
  /** Whether its last event is to have the receipt. */
  readonly isReceipted: boolean;
  readonly onError: (error: unknown) => void;
}

const foreverMs = 2 ** 31 - 1;

/** Sends the events of a stored response, from its first attempt that says something. @returns whether the client has all of them */
export async function streamResponse(
  reply: FastifyReply,
  stored: WholeJob,
  options: StreamResponseOptions,
): Promise<boolean> {
  const { clock, keepAliveMs, ended, after, onError } = options;
  reply.hijack();
  const stream = openEventStream(reply.raw, headersSoFar(reply), { clock, keepAliveMs, signal: ended });
  let requestId = '';
  const frames = responseFrames(headOf(stored), () => requestId, after);
  try {
    await stream.send(frames.begin());
    for (;;) {
      const found = await nextAttempt(options, stored.job.id, requestId);
      if (found.job.requestId === undefined || found.job.requestId === requestId) {
        await sendEnd(stream, frames, found);
        return true;
      }
      requestId = found.job.requestId;
      if (await sendAttempt(stream, frames, requestId, options)) return true;
    }
  } catch (error) {
    if (ended.aborted && ended.reason === error && !(error instanceof MillraceError)) return false;
    onError(error);
    const { code, message, param } = toErrorBody(clientError(error)).error;
    stream.write([
      { event: 'error', data: { type: 'error', code, message, param, sequence_number: frames.next() } },
    ]);
    return false;
  } finally {
    stream.end();
  }
}

/** @returns where the job stands once it has another request than this one, or has ended */
async function nextAttempt(
  { kept, clock, principal, ended }: StreamResponseOptions,
  jobId: string,
  requestId: string,
): Promise<WholeJob> {
  const found = await awaitJob({ kept, clock }, jobId, () => kept.jobs.find(principal, 'response', jobId), {
    waitMs: foreverMs,
    signal: ended,
    until: ({ job }) => job.requestId !== undefined && job.requestId !== requestId,
  });
  if (found === undefined) throw new MillraceError('request_not_found', 'The response is no longer there.');
  return found;
}

/** @returns whether the response has ended; otherwise another attempt follows */
async function sendAttempt(
  stream: EventStream,
  frames: ReturnType<typeof responseFrames>,
  requestId: string,
  { relay, principal, ended, after, isReceipted }: StreamResponseOptions,
): Promise<boolean> {
  let hasBegun = false;
  const followed = relay.follow(requestId, { principal, signal: ended });
  const subject = { tenant: principal.tenant, requestId };
  const events = isReceipted ? withReceipt(relay.askReceipt, subject, followed, ended) : followed;
  for await (const event of events) {
    if (event.type === 'chunk') {
      hasBegun = true;
      await stream.send(frames.chunk(event));
    } else if (event.type === 'completed') {
      await stream.send(receiptedFrames(frames.completed(event), requestId, event.receipt));
      const last = frames.next() - 1;
      if (after > last) throw beyondEnd(after, last);
      return true;
    } else {
      if (event.error.retryable && !hasBegun) return false;
      throw event.error;
    }
  }
  return true;
}

/** Silence would look as if the connection had broken: the client would ask again, for ever. */
function beyondEnd(after: number, last: number): MillraceError {
  return new MillraceError(
    'invalid_value',
    `starting_after is ${after}: the response has ended with event ${last}`,
    { param: 'starting_after' },
  );
}

/** The end of a response that has no events of its own. */
async function sendEnd(
  stream: EventStream,
  frames: ReturnType<typeof responseFrames>,
  found: WholeJob,
): Promise<void> {
  if (!isOver(found)) throw new MillraceError('internal_error', 'A response has neither begun nor ended.');
  const response = showResponse(found);
  if (response.status === 'failed')
    await stream.send(frames.failed(errorOf(found), { seq: 0, isOver: true }));
  else
    await stream.send([
      {
        event: `response.${response.status}`,
        data: { type: `response.${response.status}`, response, sequence_number: frames.next() },
      },
    ]);
}
