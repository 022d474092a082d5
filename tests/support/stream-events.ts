import { expect } from 'vitest';

export interface ReadEvent {
  readonly id: number;
  readonly event: string;
  readonly text: string;
}

/** The events of a stream in the API's own form, as they come. */
export async function* eventsOf(response: Response): AsyncGenerator<ReadEvent, void, undefined> {
  expect(response.status).toBe(200);
  let rest = '';
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'mu').exec(block)?.[1] ?? '';
      if (field('data') === '') continue;
      const { text = '' } = JSON.parse(field('data')) as { readonly text?: string };
      yield { id: Number(field('id')), event: field('event'), text };
    }
  }
}

export async function* chunksOf(response: Response): AsyncGenerator<ReadEvent, void, undefined> {
  for await (const read of eventsOf(response)) if (read.event === 'chunk') yield read;
}
