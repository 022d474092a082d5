import { MillraceError } from '@millrace/runtime';
import type { RequestContent, RequestEvent } from '@millrace/stage';
import { embeddingCall } from './embedding-call.ts';
import { parseStream } from './parse-stream.ts';
import type { ProviderModel } from './provider.ts';
import { requestBody } from './request-body.ts';
import type { UpstreamEvent } from './upstream-event.ts';

/** What a provider is asked, and how its answer is read. */
export interface UpstreamCall {
  /** Behind the base URL. */
  readonly path: string;
  readonly body: object;
  /** Media type of the answer. */
  readonly accept: string;
  /** @throws while iterating: `provider_failed` for what is no answer */
  readonly read: (pieces: AsyncIterator<Uint8Array>) => AsyncGenerator<UpstreamEvent, void, undefined>;
}

/** @throws `unsupported_value` for what a provider cannot be asked */
export function callOf(
  event: Pick<RequestEvent, 'operation' | 'parameters'>,
  content: RequestContent,
  model: Pick<ProviderModel, 'upstream' | 'contextLength'>,
): UpstreamCall {
  if (event.operation === 'embed') return embeddingCall(content, model.upstream);
  if (event.operation !== 'generate')
    throw new MillraceError('unsupported_value', `The model cannot ${event.operation}.`, { param: 'model' });
  return chatCall(requestBody(event, content, model));
}

export function chatCall(body: object): UpstreamCall {
  return { path: '/chat/completions', body, accept: 'text/event-stream', read: parseStream };
}
