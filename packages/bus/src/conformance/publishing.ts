import { describe, expect, it } from 'vitest';
import type { Bus } from '../port.ts';
import { createPublishWindow } from '../publish-window.ts';
import { createCollector } from './collector.ts';
import {
  bytes,
  consumerOf,
  createScene,
  noPoison,
  readAll,
  textOf,
  untilMessages,
  type BrokerHarness,
} from './harness.ts';

export function describePublishing(broker: () => BrokerHarness, bus: () => Bus): void {
  describe('publishing', () => {
    it('acks with stream and sequence, and stores a repeated message id once', async () => {
      const scene = await createScene(bus());
      const message = { subject: `${scene.subject}.a`, payload: bytes('one'), messageId: 'm1' };
      expect(await bus().publish(message)).toEqual({ stream: scene.stream, sequence: 1, duplicate: false });
      expect(await bus().publish(message)).toEqual({ stream: scene.stream, sequence: 1, duplicate: true });
      expect((await bus().streamState(scene.stream)).messages).toBe(1);
    });

    it('hands headers through', async () => {
      const scene = await createScene(bus());
      await bus().publish({
        subject: `${scene.subject}.a`,
        payload: bytes(''),
        headers: { traceparent: '00-a-b-01', note: 'ümlaut: yes' },
      });
      const last = await bus().lastMessage(scene.stream, `${scene.subject}.a`);
      expect(last?.headers).toMatchObject({ traceparent: '00-a-b-01', note: 'ümlaut: yes' });
      expect(last?.payload).toHaveLength(0);
    });

    it('refuses a message whose expected last sequence is not the last one', async () => {
      const { subject } = await createScene(bus());
      const publish = (id: string, expectedLastSequence: number) =>
        bus().publish({ subject: `${subject}.a`, payload: bytes(id), messageId: id, expectedLastSequence });
      await publish('m1', 0);
      await expect(publish('m2', 0)).rejects.toMatchObject({ code: 'fenced', retryable: false });
      await expect(publish('m3', 7)).rejects.toMatchObject({ code: 'fenced' });
      expect(await publish('m4', 1)).toMatchObject({ sequence: 2 });
    });

    it('takes a fenced message that is tried again for stored, also when others have followed it', async () => {
      const { subject } = await createScene(bus());
      const publish = (id: string, expectedLastSequence: number) =>
        bus().publish({ subject: `${subject}.a`, payload: bytes(id), messageId: id, expectedLastSequence });
      await publish('m1', 0);
      expect(await publish('m1', 0)).toMatchObject({ sequence: 1, duplicate: true });
      await publish('m2', 1);
      expect(await publish('m1', 0)).toMatchObject({ sequence: 1, duplicate: true });
      expect(await publish('m2', 1)).toMatchObject({ sequence: 2, duplicate: true });
    });

    it('lets one of many fenced writers through', async () => {
      const { subject } = await createScene(bus());
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          bus().publish({
            subject: `${subject}.a`,
            payload: bytes(''),
            messageId: `m${index}`,
            expectedLastSequence: 0,
          }),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('says overloaded when the stream is full, and what it accepted drains', async () => {
      const scene = await createScene(bus(), { retention: 'workqueue', maxMessages: 3 });
      const publish = (id: string) =>
        bus().publish({ subject: `${scene.subject}.a`, payload: bytes(id), messageId: id });
      await Promise.all(['m1', 'm2', 'm3'].map(publish));
      await expect(publish('m4')).rejects.toMatchObject({
        code: 'overloaded',
        retryable: true,
        retryAfterMs: 1_000,
      });
      const got = createCollector<string>();
      const consumption = await bus().consume(
        consumerOf(scene),
        { concurrency: 1, ...noPoison },
        async (delivery) => got.add(textOf(delivery)),
      );
      expect(await got.until((items) => items.length === 3)).toEqual(['m1', 'm2', 'm3']);
      await consumption.stop();
      await untilMessages(bus(), scene.stream, 0);
      expect(await publish('m4')).toMatchObject({ duplicate: false });
    });

    it('refuses a message that is larger than the broker takes', async () => {
      const { subject } = await createScene(bus());
      const payload = new Uint8Array(5 * 1024 * 1024);
      await expect(bus().publish({ subject: `${subject}.a`, payload })).rejects.toMatchObject({
        code: 'payload_too_large',
      });
    });

    it('gives up when the time is up, and when the signal is aborted', async () => {
      const nowhere = { subject: 'no.stream.has.this', payload: bytes('') };
      await expect(bus().publish(nowhere, { retryForMs: 50 })).rejects.toMatchObject({
        code: 'unavailable',
        retryable: true,
      });
      const controller = new AbortController();
      const promise = bus().publish(nowhere, { signal: controller.signal });
      controller.abort(new Error('enough'));
      await expect(promise).rejects.toThrow('enough');
    });

    it('stores every message exactly once while the broker is killed and comes back', async () => {
      const scene = await createScene(bus());
      const ids = Array.from({ length: 3_000 }, (_, index) => `m${index}`);
      const window = createPublishWindow(bus(), { maxUnacked: 128 });
      let outage: Promise<void> | undefined;
      for (const [index, id] of ids.entries()) {
        await window.publish({ subject: `${scene.subject}.a`, payload: bytes(id), messageId: id });
        if (index === 1_000)
          outage = broker()
            .kill()
            .then(() => broker().start());
      }
      await outage;
      await window.flush();
      const stored = (await readAll(bus().read(scene.stream, `${scene.subject}.a`))).map(textOf);
      expect(stored.toSorted()).toEqual(ids.toSorted());
    });

    it('says so when the broker is away and comes back by itself', async () => {
      const scene = await createScene(bus());
      const changes = createCollector<boolean>();
      const listener = bus().onConnectionChange((connected) => changes.add(connected));
      await broker().kill();
      await changes.until((items) => items.includes(false));
      expect(bus().connected).toBe(false);
      const message = { subject: `${scene.subject}.a`, payload: bytes('') };
      await expect(bus().publish(message, { retryForMs: 50 })).rejects.toMatchObject({ code: 'unavailable' });
      const patient = bus().publish(message);
      await broker().start();
      expect(await patient).toMatchObject({ sequence: 1 });
      expect(bus().connected).toBe(true);
      await listener.stop();
    });

    it('keeps no more messages on their way than the window allows, and tells the first failure', async () => {
      let open = 0;
      let most = 0;
      const window = createPublishWindow(
        {
          async publish({ subject }) {
            most = Math.max(most, ++open);
            await new Promise(setImmediate);
            open--;
            if (subject === 'bad') throw new Error('refused');
            return { stream: '', sequence: 0, duplicate: false };
          },
        },
        { maxUnacked: 4 },
      );
      for (let index = 0; index < 20; index++) await window.publish({ subject: 'good', payload: bytes('') });
      await window.flush();
      expect(most).toBe(4);
      await window.publish({ subject: 'bad', payload: bytes('') });
      await expect(window.flush()).rejects.toThrow('refused');
      await expect(window.publish({ subject: 'good', payload: bytes('') })).rejects.toThrow('refused');
    });
  });
}
