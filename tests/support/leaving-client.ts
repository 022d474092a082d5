import { setTimeout } from 'node:timers/promises';
import type { PersistentPrompt } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { eventsOf } from '../chaos/persistent-sse.ts';
import { textOf } from './answer.ts';

/** When a client leaves: once it was accepted and has so many characters of the answer, or once it was told the end. */
export type Leave = { readonly characters: number } | 'at the end';

export interface LeavingTarget {
  readonly url: string;
  readonly apiKey: string;
  readonly signal: AbortSignal;
}

/** How long a client stays that gets nothing: its gateway may have been killed. */
const patienceMs = 10_000;

/** Asks over a WebSocket, and breaks the connection. That a gateway is gone before ends it too. */
export async function leaveWebSocket(
  prompt: PersistentPrompt,
  leave: Leave,
  { url, apiKey, signal }: LeavingTarget,
): Promise<void> {
  const done = new AbortController();
  try {
    const client = await openStream(url, { apiKey });
    client.send({ type: 'generate', id: 'leaving', ...prompt });
    const enough = client.find(({ type, id }) => {
      if (id !== 'leaving') return false;
      if (type === 'completed' || type === 'error') return true;
      return leave !== 'at the end' && textOf(client, 'leaving').length >= leave.characters;
    });
    const patience = setTimeout(patienceMs, undefined, { signal: AbortSignal.any([signal, done.signal]) });
    await Promise.race([enough, patience]).finally(() => client.terminate());
  } catch {
    signal.throwIfAborted();
  } finally {
    done.abort();
  }
}

/** The same over HTTP, with server-sent events. */
export async function leaveSse(
  prompt: PersistentPrompt,
  leave: Leave,
  { url, apiKey, signal }: LeavingTarget,
): Promise<void> {
  const leaving = new AbortController();
  const patience = AbortSignal.timeout(patienceMs);
  try {
    const response = await fetch(`${url}/v1/generate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...prompt, stream: true }),
      signal: AbortSignal.any([signal, leaving.signal, patience]),
    });
    let characters = 0;
    if (leave !== 'at the end' && leave.characters === 0) return;
    for await (const { event, data } of eventsOf(response)) {
      if (event === 'completed' || event === 'error') return;
      characters += data.text?.length ?? 0;
      if (leave !== 'at the end' && characters >= leave.characters) return;
    }
  } catch {
    signal.throwIfAborted();
  } finally {
    leaving.abort();
  }
}
