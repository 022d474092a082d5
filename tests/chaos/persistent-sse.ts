import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { GivenAnswer, PersistentPrompt, PersistentPromptOptions } from '@millrace/embedded';

/** One server-sent event. */
interface StreamEvent {
  readonly event: string;
  readonly data: {
    readonly seq?: number;
    readonly text?: string;
    readonly request_id?: string;
    readonly error?: { readonly code: string };
  };
}

const pauseMs = 100;
/** What a stream or a refusal says when the same may succeed later. */
const passing: ReadonlySet<string> = new Set(['unavailable', 'overloaded', 'too_many_in_flight']);

/**
 * Asks over HTTP for server-sent events and does not let go: when the connection breaks, it sends the same again under the same
 * idempotency key and goes on behind the last event that it has.
 *
 * @throws an answer that no other try changes; chunks that are missing or come twice; the signal's reason
 */
export async function persistentSse(
  prompt: PersistentPrompt,
  { url, apiKey, signal }: Pick<PersistentPromptOptions, 'url' | 'apiKey' | 'signal'>,
): Promise<GivenAnswer> {
  const headers = {
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
  };
  const body = JSON.stringify({ ...prompt, stream: true });
  let [text, seq] = ['', 0];
  for (;;) {
    try {
      const place = seq === 0 ? {} : { 'last-event-id': String(seq) };
      const response = await fetch(`${url}/v1/generate`, {
        method: 'POST',
        headers: { ...headers, ...place },
        body,
        signal,
      });
      if (!response.ok) await requirePassing(response);
      else {
        for await (const { event, data } of eventsOf(response)) {
          if (event === 'completed') return { requestId: data.request_id ?? '', text };
          if (event === 'error') {
            if (!passing.has(data.error?.code ?? ''))
              throw new Error(`The stream ended with ${JSON.stringify(data)}`);
            break;
          }
          if (data.seq !== seq + 1) throw new Error(`Behind chunk ${seq} came number ${data.seq ?? 'none'}.`);
          seq += 1;
          text += data.text ?? '';
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      // What fetch throws where a connection could not be made, or broke.
      if (!(error instanceof TypeError)) throw error;
    }
    await setTimeout(pauseMs, undefined, { signal });
  }
}

async function requirePassing(response: Response): Promise<void> {
  const text = await response.text();
  if (![429, 503].includes(response.status))
    throw new Error(`The gateway answered ${response.status}: ${text}`);
}

/** The events of a stream, as they come. */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent, void, undefined> {
  let rest = '';
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = /^event: (.*)$/mu.exec(block)?.[1];
      const data = /^data: (.*)$/mu.exec(block)?.[1];
      if (event !== undefined && data !== undefined)
        yield { event, data: JSON.parse(data) as StreamEvent['data'] };
    }
  }
}
