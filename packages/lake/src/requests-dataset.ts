import { subjectToken, type RequestClosed } from '@millrace/contracts';
import { column } from './column.ts';
import { defineDataset } from './dataset.ts';

interface Source {
  readonly sequence: number;
  readonly closed: RequestClosed;
}

const of =
  <Value>(pick: (closed: RequestClosed) => Value) =>
  (source: Source) =>
    pick(source.closed);
const lower = (text: string): string => text.toLowerCase();

/** How each request ended. What is sealed is left out. */
export const requestsDataset = defineDataset<Source>({
  name: 'requests',
  stream: 'CLOSED',
  subjectOf: (tenant) => `mr.request.closed.${tenant === undefined ? '*' : subjectToken(tenant)}.*`,
  decode: (codec, { sequence, payload }) => ({ sequence, closed: codec.decode('request.closed', payload) }),
  filedAt: ({ closed }) => closed.closed_at,
  columns: [
    column('stream_sequence', 'long', 'Its place in the stream CLOSED.', ({ sequence }) => sequence),
    column(
      'request_id',
      'uuid',
      'The request.',
      of((closed) => closed.request_id),
    ),
    column(
      'organisation',
      'text',
      'Who pays for the tenant.',
      of((closed) => closed.principal.organisation),
    ),
    column(
      'tenant',
      'text',
      'Whose request it was.',
      of((closed) => closed.tenant),
    ),
    column(
      'key_id',
      'text',
      'Public part of the API key, or the service account.',
      of((closed) => closed.principal.key_id),
    ),
    column(
      'user_id',
      'text',
      'The user who asked; null: a key of the tenant itself.',
      of((closed) => closed.principal.user_id),
    ),
    column(
      'roles',
      'texts',
      'Roles of who asked.',
      of((closed) => closed.principal.roles),
    ),
    column(
      'gateway',
      'text',
      'The gateway that took it.',
      of((closed) => closed.gateway),
    ),
    column(
      'transport',
      'text',
      'websocket, http, nats or kafka.',
      of((closed) => lower(closed.transport)),
    ),
    column(
      'operation',
      'text',
      'generate, summarize, classify, translate or embed.',
      of((closed) => closed.operation),
    ),
    column(
      'model',
      'text',
      'The model that was asked for.',
      of((closed) => closed.model),
    ),
    column(
      'served_by',
      'text',
      'The model that answered, where it is another.',
      of((closed) => closed.served_by),
    ),
    column(
      'model_version',
      'text',
      'Version that answered.',
      of((closed) => closed.model_version),
    ),
    column(
      'outcome',
      'text',
      'rejected, blocked, completed, failed, cancelled or expired.',
      of((closed) => lower(closed.outcome)),
    ),
    column(
      'finish_reason',
      'text',
      'stop, length or cancelled, where tokens were generated.',
      of((closed) => closed.finish_reason),
    ),
    column(
      'finish_reasons',
      'texts',
      'The same of each choice, where there are several.',
      of((closed) => closed.finish_reasons),
    ),
    column(
      'error_code',
      'text',
      'Why it did not complete.',
      of((closed) => closed.failure?.code ?? null),
    ),
    column(
      'error_message',
      'text',
      'The same as a sentence.',
      of((closed) => closed.failure?.message ?? null),
    ),
    column(
      'error_param',
      'text',
      'The field at fault, or the limit.',
      of((closed) => closed.failure?.param ?? null),
    ),
    column(
      'error_retryable',
      'boolean',
      'Whether the same request can succeed later.',
      of((closed) => closed.failure?.retryable ?? null),
    ),
    column(
      'input_tokens',
      'integer',
      'Tokens of the prompt.',
      of((closed) => closed.usage.input_tokens),
    ),
    column(
      'cached_input_tokens',
      'integer',
      'Those of them from the prefix cache.',
      of((closed) => closed.usage.cached_input_tokens),
    ),
    column(
      'output_tokens',
      'integer',
      'Tokens generated.',
      of((closed) => closed.usage.output_tokens),
    ),
    column(
      'characters_in',
      'integer',
      'Characters of the content, in UTF-16 code units.',
      of((closed) => closed.usage.characters_in),
    ),
    column(
      'characters_out',
      'integer',
      'Characters of the answer.',
      of((closed) => closed.usage.characters_out),
    ),
    column(
      'usage_source',
      'text',
      'Who counted: none, engine, provider or estimate.',
      of((closed) => lower(closed.usage.source)),
    ),
    column(
      'queue_ms',
      'double',
      'From acceptance to the first work of the engine.',
      of((closed) => closed.timings.queue_ms),
    ),
    column(
      'prefill_ms',
      'double',
      'Time in prefill.',
      of((closed) => closed.timings.prefill_ms),
    ),
    column(
      'time_to_first_token_ms',
      'double',
      'From acceptance to the first token.',
      of((closed) => closed.timings.time_to_first_token_ms),
    ),
    column(
      'total_ms',
      'double',
      'From acceptance to the end.',
      of((closed) => closed.timings.total_ms),
    ),
    column(
      'attempt',
      'integer',
      'The attempt that ended it; 0: no engine worked on it.',
      of((closed) => closed.attempt),
    ),
    column(
      'received_at',
      'moment',
      'When the gateway accepted it.',
      of((closed) => closed.received_at),
    ),
    column(
      'closed_at',
      'moment',
      'When it ended.',
      of((closed) => closed.closed_at),
    ),
    column(
      'replay_of',
      'uuid',
      'The request of which it was a replay.',
      of((closed) => closed.replay_of),
    ),
    column(
      'cache_kind',
      'text',
      'exact or semantic, where the answer came from the cache.',
      of((closed) => (closed.cache === null ? null : lower(closed.cache.kind))),
    ),
    column(
      'cache_similarity',
      'double',
      'Cosine of the two requests.',
      of((closed) => closed.cache?.similarity ?? null),
    ),
    column(
      'cache_request_id',
      'uuid',
      'The request whose answer it is.',
      of((closed) => closed.cache?.request_id ?? null),
    ),
    column(
      'trail',
      'trail',
      'What each stage decided, oldest first.',
      of((closed) => closed.trail),
    ),
  ],
});
