import { randomUUID } from 'node:crypto';
import type { GivenAnswer, PersistentPrompt, PersistentPromptOptions } from '@millrace/embedded';

interface Body {
  readonly request_id: string;
  readonly text: string;
}

const pauseMs = 100;

/**
 * Asks over HTTP and asks again, under the same idempotency key, while the gateway is away or says that it may succeed later.
 *
 * @throws an answer with another status; the signal's reason
 */
export async function persistentPost(
  prompt: PersistentPrompt,
  { url, apiKey, clock, signal }: Pick<PersistentPromptOptions, 'url' | 'apiKey' | 'clock' | 'signal'>,
): Promise<GivenAnswer> {
  const headers = {
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
  };
  for (;;) {
    const response = await post(`${url}/v1/generate`, headers, JSON.stringify(prompt), signal);
    if (response?.status === 200) {
      const { request_id: requestId, text } = JSON.parse(response.text) as Body;
      return { requestId, text };
    }
    if (response !== undefined && response.status !== 503) {
      throw new Error(`The gateway answered ${response.status}: ${response.text}`);
    }
    await clock.sleep(pauseMs, signal);
  }
}

/** Undefined when the connection could not be made, or broke. */
async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string } | undefined> {
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
