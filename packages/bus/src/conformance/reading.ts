import { describe, expect, it } from 'vitest';
import type { Bus, ReceivedMessage } from '../port.ts';
import { createCollector } from './collector.ts';
import { bytes, createScene, readAll, textOf } from './harness.ts';

const echo = async (payload: Uint8Array): Promise<Uint8Array> => {
  if (payload.length === 0) throw new Error('nothing asked');
  return payload;
};

export function describeReading(bus: () => Bus): void {
  describe('reading', () => {
    it('reads a subject or a wildcard in order, from a sequence or a time on', async () => {
      const { stream, subject } = await createScene(bus());
      const publish = (token: string, text: string) =>
        bus().publish({ subject: `${subject}.${token}`, payload: bytes(text) });
      await publish('a', '1');
      await publish('b', '2');
      await publish('a', '3');
      const read = async (...[filter, options]: [string, Parameters<Bus['read']>[2]?]) =>
        (await readAll(bus().read(stream, `${subject}.${filter}`, options))).map(textOf);
      expect(await read('a')).toEqual(['1', '3']);
      expect(await read('*')).toEqual(['1', '2', '3']);
      expect(await read('*', { fromSequence: 2 })).toEqual(['2', '3']);
      expect(await read('a', { fromSequence: 2 })).toEqual(['3']);
      expect(await read('*', { fromSequence: 4 })).toEqual([]);
      expect(await read('*', { fromTime: Date.now() + 60_000 })).toEqual([]);
      expect(await read('*', { fromTime: Date.now() - 60_000 })).toEqual(['1', '2', '3']);
      const [, second] = await readAll(bus().read(stream, `${subject}.*`));
      expect((await read('*', { fromTime: second?.storedAt ?? 0 })).at(-1)).toBe('3');
      expect(await read('*', { fromTime: second?.storedAt ?? 0, fromSequence: 3 })).toEqual(['3']);
    });

    it('ends at once when there is nothing', async () => {
      const { stream, subject } = await createScene(bus());
      expect(await readAll(bus().read(stream, `${subject}.*`))).toEqual([]);
      expect(await bus().lastMessage(stream, `${subject}.*`)).toBeUndefined();
    });

    it('reads more than fits one answer, and ends with what was stored at the call', async () => {
      const { stream, subject } = await createScene(bus());
      const ids = Array.from({ length: 1_300 }, (_, index) => `m${index}`);
      await Promise.all(ids.map((id) => bus().publish({ subject: `${subject}.a`, payload: bytes(id) })));
      const got: string[] = [];
      for await (const message of bus().read(stream, `${subject}.a`)) {
        if (got.push(textOf(message)) === 1)
          await bus().publish({ subject: `${subject}.a`, payload: bytes('later') });
      }
      expect(got).toEqual(ids);
    });

    it('stops when its signal is aborted', async () => {
      const { stream, subject } = await createScene(bus());
      await bus().publish({ subject: `${subject}.a`, payload: bytes('') });
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(readAll(bus().read(stream, `${subject}.a`, { signal }))).rejects.toThrow('enough');
    });

    it('knows the subjects that have messages, and since when the oldest one is there', async () => {
      const { stream, subject } = await createScene(bus());
      expect(await bus().streamState(stream)).toMatchObject({ messages: 0, oldestAt: undefined });
      const before = Date.now();
      for (const token of ['a', 'b', 'a'])
        await bus().publish({ subject: `${subject}.${token}`, payload: bytes('') });
      const all = new Map([
        [`${subject}.a`, 2],
        [`${subject}.b`, 1],
      ]);
      expect(await bus().subjectsOf(stream, `${subject}.>`)).toEqual(all);
      expect(await bus().subjectsOf(stream, `${subject}.c`)).toEqual(new Map());
      const { oldestAt = 0 } = await bus().streamState(stream);
      expect(Math.abs(oldestAt - before)).toBeLessThan(60_000);
    });

    it('knows the last message of a subject and of a wildcard', async () => {
      const { stream, subject } = await createScene(bus());
      for (const token of ['a', 'b'])
        await bus().publish({ subject: `${subject}.${token}`, payload: bytes(token), messageId: token });
      expect(await bus().lastMessage(stream, `${subject}.a`)).toMatchObject({
        stream,
        subject: `${subject}.a`,
        sequence: 1,
      });
      expect(await bus().lastMessage(stream, `${subject}.*`)).toMatchObject({
        sequence: 2,
        headers: { 'Nats-Msg-Id': 'b' },
      });
    });
  });

  describe('messages that are not stored', () => {
    it('repeats stored messages with their sequence and that of the one before on the same subject', async () => {
      const source = `rp${Date.now()}`;
      const { stream, subject } = await createScene(bus());
      await bus().provision(
        [
          {
            name: stream,
            subjects: [`${subject}.*`],
            retention: 'limits',
            discard: 'new',
            duplicateWindowMs: 60_000,
            republish: { source: `${subject}.*`, destination: `${source}.{{wildcard(1)}}` },
          },
        ],
        [],
      );
      const got = createCollector<ReceivedMessage>();
      const subscription = await bus().subscribe(`${source}.>`, (message) => got.add(message));
      for (const token of ['a', 'b', 'a'])
        await bus().publish({
          subject: `${subject}.${token}`,
          payload: bytes(token),
          headers: { note: 'x' },
        });
      const messages = await got.until((items) => items.length === 3);
      expect(
        messages.map(({ subject: name, sequence, previousSequence }) => [name, sequence, previousSequence]),
      ).toEqual([
        [`${source}.a`, 1, 0],
        [`${source}.b`, 2, 0],
        [`${source}.a`, 3, 1],
      ]);
      expect(messages[0]?.headers).toMatchObject({ note: 'x' });
      await subscription.stop();
    });

    it('goes on after a subscriber threw', async () => {
      const got = createCollector<ReceivedMessage>();
      const subscription = await bus().subscribe('core.throw', (message) => {
        got.add(message);
        throw new Error('no');
      });
      for (let count = 1; count <= 2; count++) {
        bus().publishCore({ subject: 'core.throw', payload: bytes('x') });
        await got.until((items) => items.length === count);
      }
      expect(got.items[0]?.sequence).toBeUndefined();
      await subscription.stop();
    });

    it('answers requests once for all members of a queue, says when the handler failed, and when nobody is there', async () => {
      const ask = (text: string, timeoutMs = 10_000) => bus().request('core.ask', bytes(text), { timeoutMs });
      await expect(ask('early', 100)).rejects.toMatchObject({ code: 'unavailable' });
      const patient = ask('patient');
      const responders = [
        await bus().respond('core.ask', 'q', echo),
        await bus().respond('core.ask', 'q', echo),
      ];
      expect(textOf({ payload: await patient })).toBe('patient');
      await expect(ask('')).rejects.toMatchObject({ code: 'unavailable' });
      await Promise.all(responders.map((responder) => responder.stop()));
      await expect(ask('late', 100)).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}
