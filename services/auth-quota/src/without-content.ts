import type { Codec, RequestReceived } from '@millrace/contracts';

const noContent = new Uint8Array();

/** A request, encoded, without its content: what is kept of it to decide on it, to close it and to count it. */
export function withoutContent(codec: Codec, event: RequestReceived): Uint8Array {
  return codec.encode('request.received', { ...event, content: noContent });
}
