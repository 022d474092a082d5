import { MillraceConnectionError } from './errors.ts';

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * The events of a response as they come. The stream is read only as fast as the events are taken.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 *
 * @param silenceLimitMs without a byte for so long the connection counts as broken
 * @throws MillraceConnectionError when the connection breaks or is silent, the signal's reason
 */
export async function* serverSentEvents(
  response: Response,
  { signal, silenceLimitMs }: { readonly signal?: AbortSignal | undefined; readonly silenceLimitMs: number },
): AsyncGenerator<ServerSentEvent, void, undefined> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  let isWhole = false;
  try {
    for (;;) {
      const piece = await withinSilence(reader, silenceLimitMs, signal);
      if (piece === undefined) {
        isWhole = true;
        return;
      }
      const blocks = (pending + decoder.decode(piece, { stream: true })).split('\n\n');
      pending = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event !== undefined) yield event;
      }
    }
  } finally {
    // What becomes of the rest is nobody's concern, nor why it broke: that was thrown above.
    if (!isWhole) await reader.cancel().catch(() => undefined);
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function withinSilence(
  reader: Reader,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Nothing came for ${limitMs} ms.`)), limitMs);
  });
  try {
    const { done, value } = await Promise.race([reader.read(), silence]);
    return done ? undefined : value;
  } catch (error) {
    signal?.throwIfAborted();
    throw new MillraceConnectionError('The connection broke.', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function parseEvent(block: string): ServerSentEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, name, value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}
