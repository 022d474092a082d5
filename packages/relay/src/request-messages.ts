import { traceHeaders, type OutgoingMessage, type TraceContext } from '@millrace/bus';
import {
  subjects,
  type Codec,
  type Opened,
  type RequestReceived,
  type ResultChunk,
} from '@millrace/contracts';
import type { Clock, RandomSource } from '@millrace/runtime';
import type { SealingBox } from '@millrace/sealing';
import { decide, resultRecord, sealContent, type RequestContent } from '@millrace/stage';
import type { Generation, Submission } from './submission.ts';

/** A request with all that its first two messages say. */
export interface NewRequest {
  readonly requestId: string;
  /** The gateway whose name its results carry. */
  readonly gateway: string;
  readonly submission: Submission;
  /** Tokens that its input has at most. */
  readonly inputTokensMost: number;
  readonly opened: Opened;
  /** Models that take it over where the one before cannot answer it. */
  readonly fallbacks: readonly string[];
  /** The route that was asked for, if it was one. */
  readonly route: string | undefined;
}

/** Seeds stay exact in JSON. */
const seedBytes = 6;

export function openedOf(
  submission: Submission,
  model: string,
  receivedAt: number,
  deadlineAt: number,
): Opened {
  const { principal, transport, generation } = submission;
  return {
    principal: {
      key_id: principal.key_id,
      roles: principal.roles,
      organisation: principal.organisation,
      user_id: principal.user_id,
    },
    transport,
    model,
    received_at: receivedAt,
    deadline_at: deadlineAt,
    choices: generation.parameters.n,
  };
}

/** When a request expires that came in at this moment. */
export function deadlineOf({ timeoutMs }: Generation, receivedAt: number, mostMs: number): number {
  return receivedAt + Math.min(timeoutMs ?? mostMs, mostMs);
}

/** The gateway's own record, the first of the results: any gateway can authorise and serve a resume by it. */
export function openedRecord({ requestId, submission, opened }: NewRequest): ResultChunk {
  const request = { request_id: requestId, tenant: submission.principal.tenant };
  return resultRecord(request, { kind: 'OPENED', at: opened.received_at, opened });
}

export function openedMessage(codec: Codec, request: NewRequest): OutgoingMessage {
  return {
    subject: subjects.result(request.gateway, request.requestId),
    payload: codec.encode('result.chunk', openedRecord(request)),
    messageId: `${request.requestId}:opened`,
    expectedLastSequence: 0,
  };
}

export function receivedMessage(
  { codec, clock, random }: { readonly codec: Codec; readonly clock: Clock; readonly random: RandomSource },
  box: SealingBox,
  { requestId, gateway, submission, inputTokensMost, opened, fallbacks, route }: NewRequest,
): OutgoingMessage {
  const { generation, principal, transport } = submission;
  const { content } = generation;
  const event: RequestReceived = {
    request_id: requestId,
    tenant: principal.tenant,
    principal: opened.principal,
    gateway,
    transport,
    received_at: opened.received_at,
    deadline_at: opened.deadline_at,
    operation: generation.operation,
    model: opened.model,
    priority: generation.priority,
    parameters: {
      ...generation.parameters,
      seed: generation.seed ?? chosenSeed(random),
    },
    content: sealContent(box, requestId, 'request', content),
    characters_in: charactersOf(content),
    replay_of: submission.replayOf ?? null,
    trail: [
      decide(clock, acceptedBy(submission), 'accepted', {
        facts: route === undefined ? {} : { route },
      }),
    ],
    cache: generation.cache ?? 'AUTO',
    fallbacks,
    input_tokens_most: inputTokensMost,
  };
  return {
    subject: subjects.received(principal.tenant),
    payload: codec.encode('request.received', event),
    messageId: `${requestId}:received`,
    headers: traceHeaders.write(submission.trace ?? newTrace(random)),
  };
}

function acceptedBy({ transport, replayAs }: Submission): string {
  if (replayAs !== undefined) return 'jobs';
  return transport === 'WEBSOCKET' ? 'edge' : 'ingress';
}

/** All that a model gets to read, in UTF-16 code units: of functions and of the form of the answer their JSON. */
export function charactersOf({ messages, task, tools, response_format }: RequestContent): number {
  const texts = [
    ...messages.flatMap(({ content, tool_calls: calls = [] }) => [
      content,
      ...calls.map(({ function: { name, arguments: text } }) => name + text),
    ]),
    ...(task?.texts ?? []),
    ...(task?.labels ?? []),
    ...[tools, response_format].map((part) => (part === undefined ? '' : JSON.stringify(part))),
  ];
  return texts.reduce((sum, text) => sum + text.length, 0);
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
function newTrace(random: RandomSource): TraceContext {
  const hex = (bytes: number): string => Buffer.from(random.bytes(bytes)).toString('hex');
  return { traceparent: `00-${hex(16)}-${hex(8)}-01` };
}

/** Below zero: so that it is no client's, and the engine need not give the same answer for it once more. */
function chosenSeed(random: RandomSource): number {
  return -1 - Buffer.from(random.bytes(seedBytes)).readUIntBE(0, seedBytes);
}
