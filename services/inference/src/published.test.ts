import type { StoredMessage } from '@millrace/bus';
import { createCodec, type ResultChunk } from '@millrace/contracts';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import { attemptMarker, type RequestEvent, sealContent, type StageDependencies } from '@millrace/stage';
import { describe, expect, it } from 'vitest';
import { readPublished } from './published.ts';

const request = {
  request_id: '01890a5d-ac96-774b-bcce-b302099a8057',
  tenant: 'acme',
} as unknown as RequestEvent;
const signal = new AbortController().signal;

type Piece =
  | readonly ['attempt', number, number?]
  | readonly ['chunk', number, string, readonly number[], number?]
  | readonly ['end', number, string, number];

/** Reads a log of these records, whose attempts are numbered by the markers of choice 0. */
async function read(pieces: readonly Piece[], choices = 1) {
  const codec = createCodec();
  const box = await (await createSealing(new Uint8Array(32), createMemoryKeyStore())).forTenant('acme');
  let attempt = 0;
  const records = pieces.map((piece): ResultChunk => {
    const choice = (piece[0] === 'attempt' ? piece[2] : piece[0] === 'chunk' ? piece[4] : piece[3]) ?? 0;
    if (piece[0] === 'attempt' && choice === 0) attempt += 1;
    const marker = attemptMarker(request, {
      attempt,
      choice,
      firstPosition: piece[1],
      at: 1_000 + attempt,
      servedBy: null,
    });
    if (piece[0] === 'attempt') return marker;
    const tokens = piece[0] === 'chunk' ? piece[3] : [];
    const chunk =
      piece[0] === 'chunk' ? { text: piece[2], tokens } : { text: '', tokens, finish_reason: piece[2] };
    const content = sealContent(box, request.request_id, 'chunk', chunk);
    return { ...marker, kind: 'CHUNK', token_count: tokens.length, content };
  });
  const bus = {
    async *read() {
      for (const record of records)
        yield { payload: codec.encode('result.chunk', record) } as unknown as StoredMessage;
    },
  } as unknown as StageDependencies['bus'];
  const published = await readPublished({ bus, codec }, box, request, choices, signal);
  const plain = published.choices.map((choice) => ({ ...choice, tokens: [...choice.tokens] }));
  return { ...published, choices: plain };
}

const going = { finishReason: undefined };

describe('readPublished', () => {
  it('puts the chunks of several attempts together', async () => {
    const published = await read([
      ['attempt', 0],
      ['chunk', 0, 'a', [1]],
      ['attempt', 1],
      ['chunk', 1, 'bc', [2, 3]],
    ]);
    expect(published).toEqual({
      choices: [{ tokens: [1, 2, 3], text: 'abc', ...going }],
      firstAt: 1_001,
      barrenAttempts: 0,
    });
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
    expect(barren).toMatchObject({ choices: [{ tokens: [1], text: 'a' }], barrenAttempts: 3 });
  });

  it('starts over where the first chunks are gone, and knows the attempts all the same', async () => {
    const published = await read([
      ['chunk', 5, 'f', [6]],
      ['attempt', 6],
    ]);
    expect(published).toMatchObject({ choices: [{ tokens: [], text: '' }], barrenAttempts: 1 });
  });

  it('takes what was said after the start over', async () => {
    const published = await read([
      ['chunk', 5, 'f', [6]],
      ['attempt', 0],
      ['chunk', 0, 'a', [1]],
    ]);
    expect(published).toMatchObject({ choices: [{ tokens: [1], text: 'a' }], barrenAttempts: 0 });
  });

  it('tells the choices apart, knows which have ended, and counts the markers of an attempt once', async () => {
    const published = await read(
      [
        ['chunk', 0, 'a', [1], 0],
        ['chunk', 0, 'x', [7], 1],
        ['end', 1, 'stop', 1],
        ['chunk', 1, 'b', [2], 0],
        ['attempt', 2, 0],
        ['attempt', 1, 1],
      ],
      2,
    );
    expect(published).toMatchObject({
      choices: [
        { tokens: [1, 2], text: 'ab', ...going },
        { tokens: [7], text: 'x', finishReason: 'stop' },
      ],
      barrenAttempts: 1,
    });
  });

  it('knows that a choice without tokens has ended, which a later attempt marks at position 0', async () => {
    const published = await read(
      [
        ['chunk', 0, '{"labels":[]}', [], 0],
        ['end', 0, 'stop', 0],
        ['attempt', 0, 0],
        ['attempt', 0, 1],
      ],
      2,
    );
    expect(published.choices).toMatchObject([
      { tokens: [], text: '{"labels":[]}', finishReason: 'stop' },
      { tokens: [], text: '', finishReason: undefined },
    ]);
  });

  it('starts only the choice over whose first chunks are gone', async () => {
    const published = await read(
      [
        ['chunk', 5, 'f', [6], 0],
        ['chunk', 0, 'x', [7], 1],
      ],
      2,
    );
    expect(published.choices).toMatchObject([{ tokens: [] }, { tokens: [7], text: 'x' }]);
  });
});
