import type { StoredMessage } from '@millrace/bus';
import { createCodec, type ResultChunk } from '@millrace/contracts';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import { sealContent, type RequestEvent, type StageDependencies } from '@millrace/stage';
import { describe, expect, it } from 'vitest';
import { attemptMarker } from './attempt-marker.ts';
import { readPublished } from './published.ts';

const request = {
  request_id: '01890a5d-ac96-774b-bcce-b302099a8057',
  tenant: 'acme',
} as unknown as RequestEvent;
const signal = new AbortController().signal;

type Piece = readonly ['attempt', number] | readonly ['chunk', number, string, readonly number[]];

/** Reads a log of these records, which are as many attempts as there are markers. */
async function read(pieces: readonly Piece[]) {
  const codec = createCodec();
  const box = await (await createSealing(new Uint8Array(32), createMemoryKeyStore())).forTenant('acme');
  let attempt = 0;
  const records = pieces.map((piece): ResultChunk => {
    if (piece[0] === 'attempt') attempt += 1;
    const marker = attemptMarker(request, { attempt, firstPosition: piece[1], at: 1_000 + attempt });
    if (piece[0] === 'attempt') return marker;
    const [, , text, tokens] = piece;
    const content = sealContent(box, request.request_id, 'chunk', { text, tokens });
    return { ...marker, kind: 'CHUNK', token_count: tokens.length, content };
  });
  const bus = {
    async *read() {
      for (const record of records)
        yield { payload: codec.encode('result.chunk', record) } as unknown as StoredMessage;
    },
  } as unknown as StageDependencies['bus'];
  const published = await readPublished({ bus, codec }, box, request, signal);
  return { ...published, tokens: [...published.tokens] };
}

describe('readPublished', () => {
  it('puts the chunks of several attempts together', async () => {
    const published = await read([
      ['attempt', 0],
      ['chunk', 0, 'a', [1]],
      ['attempt', 1],
      ['chunk', 1, 'bc', [2, 3]],
    ]);
    expect(published).toEqual({ tokens: [1, 2, 3], text: 'abc', firstAt: 1_001, barrenAttempts: 0 });
  });

  it('counts the attempts since the last chunk that had none', async () => {
    const barren = await read([
      ['attempt', 0],
      ['attempt', 0],
      ['chunk', 0, 'a', [1]],
      ['attempt', 1],
      ['attempt', 1],
      ['attempt', 1],
    ]);
    expect(barren).toMatchObject({ tokens: [1], text: 'a', barrenAttempts: 3 });
  });

  it('starts over where the first chunks are gone, and knows the attempts all the same', async () => {
    const published = await read([
      ['chunk', 5, 'f', [6]],
      ['attempt', 6],
    ]);
    expect(published).toMatchObject({ tokens: [], text: '', barrenAttempts: 1 });
  });

  it('takes what was said after the start over', async () => {
    const published = await read([
      ['chunk', 5, 'f', [6]],
      ['attempt', 0],
      ['chunk', 0, 'a', [1]],
    ]);
    expect(published).toMatchObject({ tokens: [1], text: 'a', barrenAttempts: 0 });
  });
});
