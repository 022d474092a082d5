import type { StreamClient, StreamMessage } from '@millrace/testkit';

/** The text that a client was sent of a request, by its `id` or `request_id`. */
export function textOf(client: StreamClient, name: string): string {
  return client
    .chunks(name)
    .map(({ text }) => text ?? '')
    .join('');
}

/** The text that a client was sent of each choice of a request. */
export function choicesOf(client: StreamClient, name: string, choices: number): readonly string[] {
  const chunks = client.chunks(name);
  return range(0, choices - 1).map((choice) =>
    chunks
      .filter((chunk) => chunk['choice'] === choice)
      .map(({ text }) => text ?? '')
      .join(''),
  );
}

/** The numbers of the chunks that a client was sent. */
export function numbersOf(client: StreamClient, name: string): readonly number[] {
  return client.chunks(name).map(({ seq }) => seq ?? 0);
}

/** The whole numbers from one to another. */
export function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The id that the platform gave to a request. */
export async function acceptedId(client: StreamClient, id: string): Promise<string> {
  const accepted = await client.find((message) => message.type === 'accepted' && message.id === id);
  return accepted.request_id ?? '';
}

/** Resolves when chunk `seq` of the request with this `id` has come. */
export function untilChunk(client: StreamClient, id: string, seq: number): Promise<StreamMessage> {
  return client.find((message) => message.type === 'chunk' && message.id === id && message.seq === seq);
}
