import { expect, test } from 'vitest';
import { PacedSocket, type SendingSocket } from './paced-socket.ts';

const highWaterBytes = 100;
const never = new AbortController().signal;

/** A peer that takes a message only when it is told to. */
class SlowPeer implements SendingSocket {
  bufferedAmount = 0;
  readonly #waiting: (() => void)[] = [];

  send(data: string, sent: (error?: Error | null) => void): void {
    this.bufferedAmount += data.length;
    this.#waiting.push(() => {
      this.bufferedAmount -= data.length;
      sent();
    });
  }

  read(): void {
    this.#waiting.shift()?.();
  }
}

test('a peer that reads nothing costs at most the mark and one message', async () => {
  const peer = new SlowPeer();
  const paced = new PacedSocket(peer, highWaterBytes);
  const gone = new AbortController();
  const message = { text: 'x'.repeat(20) };
  let sent = 0;
  const sending = (async () => {
    for (;;) {
      await paced.writable(gone.signal);
      paced.send(message);
      sent += 1;
      if (paced.isFull) gone.abort(new Error('full'));
    }
  })();
  await expect(sending).rejects.toThrow('full');
  expect(peer.bufferedAmount).toBeGreaterThanOrEqual(highWaterBytes);
  expect(peer.bufferedAmount).toBeLessThan(highWaterBytes + JSON.stringify(message).length);
  expect(sent).toBeGreaterThan(1);
});

test('goes on when half of the mark has left, and not before', async () => {
  const peer = new SlowPeer();
  const paced = new PacedSocket(peer, highWaterBytes);
  for (let index = 0; index < 4; index += 1) paced.send({ text: 'x'.repeat(20) });
  let isWritable = false;
  const writable = paced.writable(never).then(() => (isWritable = true));
  peer.read();
  await Promise.resolve();
  expect(isWritable).toBe(false);
  peer.read();
  peer.read();
  await writable;
  expect(paced.progress).toBe(3);
});

test('who waits is let go when the connection ends', async () => {
  const paced = new PacedSocket(new SlowPeer(), highWaterBytes);
  const gone = new AbortController();
  paced.send({ text: 'x'.repeat(200) });
  const writable = paced.writable(gone.signal);
  gone.abort(new Error('gone'));
  await expect(writable).rejects.toThrow('gone');
});
