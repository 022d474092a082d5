import { openStream, type StreamClient } from '@millrace/testkit';
import type { SoakRequest } from './soak-plan.ts';

export interface SoakTarget {
  readonly edgeUrl: string;
  readonly ingressUrl: string;
  readonly apiKey: string;
}

const isEnd = ({ type }: { readonly type: string }): boolean => type === 'completed' || type === 'error';

/**
 * Sends one request and behaves as planned.
 *
 * @returns the id of the request, once its client has its end or is gone
 * @throws where a request was not taken, or an answer broke off that nobody had cancelled
 */
export async function askOnce(target: SoakTarget, request: SoakRequest): Promise<string> {
  return request.kind === 'http' || request.kind === 'http-disconnected'
    ? askOverHttp(target, request)
    : askOverStream(target, request);
}

async function askOverStream(
  { edgeUrl, apiKey }: SoakTarget,
  { kind, prompt, maxTokens, chunks }: SoakRequest,
): Promise<string> {
  const client = await openStream(edgeUrl, { apiKey });
  try {
    client.send({ type: 'generate', id: 'soak', prompt, max_tokens: maxTokens });
    const accepted = await client.find(({ type }) => type === 'accepted' || type === 'error');
    const requestId = accepted.request_id;
    if (accepted.type === 'error' || requestId === undefined)
      throw new Error(`A request was not taken: ${String(accepted['message'])}`);
    if (kind === 'whole') {
      const end = await client.find(isEnd);
      if (end.type === 'error') throw new Error(`An answer broke off: ${String(end['message'])}`);
      return requestId;
    }
    await untilChunks(client, chunks);
    if (kind === 'cancelled') {
      client.send({ type: 'cancel', request_id: requestId });
      await client.find(isEnd);
    }
    return requestId;
  } finally {
    if (kind === 'disconnected') client.terminate();
    else await client.close();
  }
}

/** So many chunks, or the end where the answer is shorter. */
async function untilChunks(client: StreamClient, chunks: number): Promise<void> {
  if (chunks === 0) return;
  await client.find((message) => isEnd(message) || (message.type === 'chunk' && message.seq === chunks));
}

async function askOverHttp(
  { ingressUrl, apiKey }: SoakTarget,
  { kind, prompt, maxTokens, chunks }: SoakRequest,
): Promise<string> {
  const leaving = new AbortController();
  const response = await fetch(`${ingressUrl}/v1/generate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ prompt, max_tokens: maxTokens, stream: true }),
    signal: leaving.signal,
  });
  if (!response.ok || response.body === null)
    throw new Error(`A request was not taken: ${response.status} ${await response.text()}`);
  const requestId = response.headers.get('x-request-id') ?? '';
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (kind === 'http-disconnected' && text.split('event: chunk').length > chunks) {
      leaving.abort();
      return requestId;
    }
  }
  if (!text.includes('event: completed')) throw new Error(`The answer ${requestId} broke off.`);
  return requestId;
}
