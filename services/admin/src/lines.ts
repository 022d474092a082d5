import { ReadableStream } from 'node:stream/web';

/**
 * An answer of JSON Lines that is written as it is read. A connection that ends in between is all that tells of an error.
 *
 * @param read is stopped by its signal when the client is gone
 */
export function linesOf(read: (signal: AbortSignal) => AsyncIterable<string>): Response {
  const gone = new AbortController();
  const lines = read(gone.signal)[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const line = await lines.next();
      if (line.done === true) controller.close();
      else controller.enqueue(encoder.encode(line.value));
    },
    async cancel(reason) {
      gone.abort(reason);
      await lines.return?.();
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } });
}
