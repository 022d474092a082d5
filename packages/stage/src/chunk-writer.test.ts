import { describe, expect, it, vi } from 'vitest';
import type { ResultChunk } from '@millrace/contracts';
import { ManualClock, MillraceError } from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import { createChunkWriter } from './chunk-writer.ts';
import { openContent } from './content.ts';
import type { RequestEvent } from './request-event.ts';
import type { ResultLog } from './result-log.ts';

const request = { request_id: 'r1', tenant: 'acme' } as unknown as RequestEvent;

/** A log whose appends are let through one by one. */
function gatedLog(): {
  readonly log: ResultLog;
  readonly records: ResultChunk[];
  readonly release: (error?: Error) => void;
} {
  const records: ResultChunk[] = [];
  const waiting: PromiseWithResolvers<void>[] = [];
  const release = (error?: Error): void => {
    const gate = waiting.shift();
    if (error === undefined) gate?.resolve();
    else gate?.reject(error);
  };
  return {
    records,
    release,
    log: {
      last: undefined,
      end: 1,
      append(record) {
        records.push(record);
        const gate = Promise.withResolvers<void>();
        waiting.push(gate);
        return gate.promise;
      },
    },
  };
}

async function setUp(...firstPositions: readonly number[]) {
  return setUpWith(0, ...firstPositions);
}

async function setUpWith(intervalMs: number, ...firstPositions: readonly number[]) {
  const box = await (await createSealing(new Uint8Array(32), createMemoryKeyStore())).forTenant('acme');
  const gated = gatedLog();
  const onFailure = vi.fn<(error: unknown) => void>();
  const clock = new ManualClock();
  const writer = createChunkWriter({
    log: gated.log,
    box,
    clock,
    request,
    attempt: 2,
    servedBy: null,
    firstPositions: firstPositions.length === 0 ? [0] : firstPositions,
    onFailure,
    intervalMs,
  });
  const contentOf = (record: ResultChunk | undefined) =>
    record?.content == null ? undefined : openContent(box, 'r1', 'chunk', record.content);
  return { ...gated, clock, writer, onFailure, contentOf };
}

describe('createChunkWriter', () => {
  it('goes on from the position of the attempt, and names the attempt', async () => {
    const { records, writer, contentOf } = await setUp(7);
    await writer.push(0, { tokens: [11], text: 'a' });
    await vi.waitFor(() => expect(records).toHaveLength(1));
    expect(records[0]).toMatchObject({ kind: 'CHUNK', attempt: 2, first_position: 7, token_count: 1 });
    expect(contentOf(records[0])).toEqual({ text: 'a', tokens: [11] });
  });

  it('has one record on its way at a time and puts into the next what came meanwhile', async () => {
    const { records, release, writer, contentOf } = await setUp();
    await writer.push(0, { tokens: [1], text: 'a' });
    await writer.push(0, { tokens: [2], text: 'b' });
    await writer.push(0, { tokens: [3], text: '' });
    expect(records).toHaveLength(1);
    release();
    await vi.waitFor(() => expect(records).toHaveLength(2));
    expect(records.map(contentOf)).toEqual([
      { text: 'a', tokens: [1] },
      { text: 'b', tokens: [2, 3] },
    ]);
    expect(writer.position).toBe(1);
    const flushed = writer.flush();
    release();
    await flushed;
    expect(writer.position).toBe(3);
  });

  it('waits between two records for what else comes, but not with the first one and not with the end', async () => {
    const { records, release, clock, writer, contentOf } = await setUpWith(5);
    await writer.push(0, { tokens: [1], text: 'a' });
    expect(records).toHaveLength(1);
    release();
    await writer.push(0, { tokens: [2], text: 'b' });
    await clock.advance(4);
    await writer.push(0, { tokens: [3], text: 'c' });
    expect(records).toHaveLength(1);
    await clock.advance(1);
    await vi.waitFor(() => expect(records).toHaveLength(2));
    release();
    await writer.push(0, { tokens: [4], text: 'd' });
    const flushed = writer.flush();
    await vi.waitFor(() => expect(records).toHaveLength(3));
    release();
    await flushed;
    expect(records.map(contentOf)).toEqual([
      { text: 'a', tokens: [1] },
      { text: 'bc', tokens: [2, 3] },
      { text: 'd', tokens: [4] },
    ]);
  });

  it('counts nothing as generated that was not stored, and reports the failure once', async () => {
    const { records, release, writer, onFailure } = await setUp();
    await writer.push(0, { tokens: [1], text: 'a' });
    await vi.waitFor(() => expect(records).toHaveLength(1));
    const fenced = new MillraceError('fenced', 'Another writer has appended.');
    release(fenced);
    await expect(writer.flush()).rejects.toBe(fenced);
    await writer.push(0, { tokens: [2], text: 'b' });
    expect(onFailure.mock.calls).toEqual([[fenced]]);
    expect(writer.position).toBe(0);
    expect(records).toHaveLength(1);
  });

  it('lets the choices take turns, each with its own positions, and says how one ended', async () => {
    const { records, release, writer, contentOf } = await setUp(3, 0);
    await writer.push(0, { tokens: [1], text: 'a' });
    await writer.push(1, { tokens: [2], text: 'b' });
    await writer.push(0, { tokens: [3], text: 'c' });
    await writer.push(1, { tokens: [], text: '', finishReason: 'stop' });
    const flushed = writer.flush();
    for (const count of [2, 3]) {
      release();
      await vi.waitFor(() => expect(records).toHaveLength(count));
    }
    release();
    await flushed;
    expect(records.map(({ choice, first_position }) => [choice, first_position])).toEqual([
      [0, 3],
      [1, 0],
      [0, 4],
    ]);
    expect(records.map(contentOf)).toEqual([
      { text: 'a', tokens: [1] },
      { text: 'b', tokens: [2], finish_reason: 'stop' },
      { text: 'c', tokens: [3] },
    ]);
    expect(writer.position).toBe(6);
  });

  it('lets the engine wait once too much waits for storage', async () => {
    const { records, release, writer } = await setUp();
    let accepted = false;
    await writer.push(0, { tokens: [1], text: 'a' });
    const pushed = writer.push(0, { tokens: new Int32Array(256), text: 'x' }).then(() => {
      accepted = true;
      return accepted;
    });
    release();
    await vi.waitFor(() => expect(records).toHaveLength(2));
    expect(accepted).toBe(false);
    release();
    expect(await pushed).toBe(true);
  });
});
