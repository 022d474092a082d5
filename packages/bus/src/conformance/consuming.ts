import { MillraceError } from '@millrace/runtime';
import { describe, expect, it } from 'vitest';
import type { Bus, Delivery, PoisonReason } from '../port.ts';
import { createCollector } from './collector.ts';
import {
  bytes,
  consumerOf,
  createScene,
  noPoison,
  textOf,
  untilMessages,
  type BrokerHarness,
  type Scene,
} from './harness.ts';

const quickly = { backoffMs: () => 1 };

export function describeConsuming(broker: () => BrokerHarness, bus: () => Bus): void {
  const workQueue = () => createScene(bus(), { retention: 'workqueue' });
  const publish = async ({ subject }: Scene, ...texts: string[]): Promise<void> => {
    for (const text of texts) await bus().publish({ subject: `${subject}.a`, payload: bytes(text) });
  };

  describe('consuming', () => {
    it('delivers in order with the facts of each message, and acks what the handler returned from', async () => {
      const scene = await workQueue();
      await publish(scene, 'one', 'two');
      const got = createCollector<Delivery>();
      const consumption = await bus().consume(
        consumerOf(scene),
        { concurrency: 1, ...noPoison },
        async (delivery) => got.add(delivery),
      );
      const [first, second] = await got.until((items) => items.length === 2);
      expect(first).toMatchObject({
        stream: scene.stream,
        subject: `${scene.subject}.a`,
        sequence: 1,
        deliveryCount: 1,
      });
      expect(Math.abs((first?.storedAt ?? 0) - Date.now())).toBeLessThan(60_000);
      expect([first, second].map((delivery) => delivery && textOf(delivery))).toEqual(['one', 'two']);
      await consumption.stop();
      await untilMessages(bus(), scene.stream, 0);
    });

    it('never works on more than its concurrency, and asks again when woken', async () => {
      const scene = await workQueue();
      let slots = 2;
      const started = createCollector<() => void>();
      const consumption = await bus().consume(
        consumerOf(scene),
        { concurrency: () => slots, ...noPoison },
        async () => {
          const { promise, resolve } = Promise.withResolvers<void>();
          started.add(resolve);
          await promise;
        },
      );
      await publish(scene, 'one', 'two', 'three', 'four');
      await started.until((items) => items.length === 2);
      await bus().streamState(scene.stream);
      expect(consumption.inFlight).toBe(2);
      slots = 3;
      consumption.wake();
      await started.until((items) => items.length === 3);
      started.items[0]?.();
      await started.until((items) => items.length === 4);
      expect(consumption.inFlight).toBe(3);
      for (const finish of started.items) finish();
      await consumption.stop();
      await untilMessages(bus(), scene.stream, 0);
    });

    it('delivers again after a throw, with the count and the delay of the back-off', async () => {
      const scene = await workQueue();
      const got = createCollector<number>();
      const asked: number[] = [];
      const backoffMs = (count: number): number => {
        asked.push(count);
        return 1;
      };
      const consumption = await bus().consume(
        consumerOf(scene),
        { concurrency: 1, ...noPoison, backoffMs },
        async ({ deliveryCount }) => {
          got.add(deliveryCount);
          if (deliveryCount < 3) throw new Error('not yet');
        },
      );
      await publish(scene, 'one');
      expect(await got.until((items) => items.includes(3))).toEqual([1, 2, 3]);
      expect(asked).toEqual([1, 2]);
      await consumption.stop();
      await untilMessages(bus(), scene.stream, 0);
    });

    it('takes a message past its deliveries for poison before any work, and then it is gone', async () => {
      const scene = await workQueue();
      const poison = createCollector<readonly [number, PoisonReason]>();
      let handled = 0;
      const consumption = await bus().consume(
        consumerOf(scene),
        {
          concurrency: 1,
          maxDeliveries: 2,
          ...quickly,
          onPoison: async ({ deliveryCount }, why) => poison.add([deliveryCount, why]),
        },
        async () => {
          handled++;
          throw new MillraceError('unavailable', 'again');
        },
      );
      await publish(scene, 'one');
      expect(await poison.until((items) => items.length === 1)).toEqual([[3, { kind: 'deliveries' }]]);
      expect(handled).toBe(2);
      await consumption.stop();
      await untilMessages(bus(), scene.stream, 0);
    });

    it('takes an error that cannot pass for poison at once, and delivers again when the poison cannot be put away', async () => {
      const scene = await workQueue();
      const error = new MillraceError('message_corrupt', 'no');
      const poison = createCollector<PoisonReason>();
      const consumption = await bus().consume(
        consumerOf(scene),
        {
          concurrency: 1,
          maxDeliveries: 5,
          ...quickly,
          async onPoison(_, why) {
            poison.add(why);
            if (poison.items.length === 1) throw new Error('dead letters cannot be written');
          },
        },
        async () => {
          throw error;
        },
      );
      await publish(scene, 'one');
      const why = { kind: 'error', error };
      expect(await poison.until((items) => items.length === 2)).toEqual([why, why]);
      await consumption.stop();
      await untilMessages(bus(), scene.stream, 0);
    });

    it('leaves a message alone whose writer was fenced: it comes again after the ack wait, and not before', async () => {
      const scene = await workQueue();
      const got = createCollector<readonly [number, number]>();
      const consumption = await bus().consume(
        consumerOf(scene, { ackWaitMs: 1_000 }),
        { concurrency: 1, ...noPoison, ...quickly },
        async ({ deliveryCount }) => {
          got.add([deliveryCount, performance.now()]);
          if (deliveryCount === 1) throw new MillraceError('fenced', 'another writer');
        },
      );
      await publish(scene, 'one');
      const [first, second] = await got.until((items) => items.length === 2);
      expect([first?.[0], second?.[0]]).toEqual([1, 2]);
      expect((second?.[1] ?? 0) - (first?.[1] ?? 0)).toBeGreaterThan(900);
      await consumption.stop();
      await untilMessages(bus(), scene.stream, 0);
    });

    it('gives the message of a silent worker to another, but not while the first one says that it works', async () => {
      const scene = await workQueue();
      const other = await broker().connect();
      const definition = consumerOf(scene, { ackWaitMs: 1_000 });
      const first = createCollector<Delivery>();
      const finish = Promise.withResolvers<void>();
      const consumption = await bus().consume(
        definition,
        { concurrency: 1, ...noPoison },
        async (delivery) => {
          first.add(delivery);
          await finish.promise;
        },
      );
      await publish(scene, 'one');
      const [delivery] = await first.until((items) => items.length === 1);
      const second = createCollector<number>();
      let isSilent = false;
      const beat = setInterval(() => {
        if (!isSilent) delivery?.working();
      }, 100);
      const otherConsumption = await other.consume(
        definition,
        { concurrency: 1, ...noPoison },
        async ({ deliveryCount }) => second.add(deliveryCount),
      );
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(second.items).toEqual([]);
      isSilent = true;
      expect(await second.until((items) => items.length === 1)).toEqual([2]);
      clearInterval(beat);
      finish.resolve();
      await Promise.all([consumption.stop(), otherConsumption.stop()]);
      await other.stop();
      await untilMessages(bus(), scene.stream, 0);
    });

    it('hands work back without delay when it stops, and acks what is finished nonetheless', async () => {
      const scene = await workQueue();
      const never = { backoffMs: () => 3_600_000 };
      const started = createCollector<string>();
      const consumption = await bus().consume(
        consumerOf(scene),
        { concurrency: 2, ...noPoison, ...never },
        async (delivery) => {
          const stopped = new Promise((resolve) => delivery.signal.addEventListener('abort', resolve));
          started.add(textOf(delivery));
          await stopped;
          if (textOf(delivery) === 'give back') throw new Error('stopped');
        },
      );
      await publish(scene, 'give back', 'finish', 'not begun');
      await started.until((items) => items.length === 2);
      await consumption.stop();
      const other = await broker().connect();
      const second = createCollector<string>();
      const otherConsumption = await other.consume(
        consumerOf(scene),
        { concurrency: 2, ...noPoison },
        async (delivery) => second.add(textOf(delivery)),
      );
      expect((await second.until((items) => items.length === 2)).toSorted()).toEqual([
        'give back',
        'not begun',
      ]);
      await otherConsumption.stop();
      await other.stop();
      await untilMessages(bus(), scene.stream, 0);
    });

    it('goes on after the broker was killed, and what was worked on meanwhile is acked and not run twice', async () => {
      const scene = await workQueue();
      const got = createCollector<string>();
      const finish = Promise.withResolvers<void>();
      const consumption = await bus().consume(
        consumerOf(scene, { ackWaitMs: 2_000 }),
        { concurrency: 2, ...noPoison },
        async (delivery) => {
          got.add(textOf(delivery));
          if (textOf(delivery) === 'long') await finish.promise;
        },
      );
      await publish(scene, 'long');
      await got.until((items) => items.length === 1);
      const changes = createCollector<boolean>();
      const listener = bus().onConnectionChange((connected) => changes.add(connected));
      await broker().kill();
      await changes.until((items) => items.includes(false));
      finish.resolve();
      await broker().start();
      await publish(scene, 'after');
      expect(await got.until((items) => items.includes('after'))).toEqual(['long', 'after']);
      await consumption.stop();
      await listener.stop();
      await untilMessages(bus(), scene.stream, 0);
    });
  });

  describe('consuming in batches', () => {
    it('hands over what is there, at most so many, and answers for each message', async () => {
      const scene = await workQueue();
      await publish(scene, ...Array.from({ length: 25 }, (_, index) => `m${index}`));
      const batches = createCollector<readonly string[]>();
      const consumption = await bus().consumeBatches(
        consumerOf(scene),
        { maxBatch: 10, ...noPoison, backoffMs: () => 3_600_000 },
        async (deliveries) => {
          batches.add(deliveries.map(textOf));
          return deliveries.map((delivery) => textOf(delivery) !== 'm7');
        },
      );
      const sizes = (await batches.until((items) => items.flat().length === 25)).map((batch) => batch.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
      expect(sizes.length).toBeLessThan(25);
      await publish(scene, 'alone');
      expect((await batches.until((items) => items.flat().includes('alone'))).at(-1)).toEqual(['alone']);
      await consumption.stop();
      await untilMessages(bus(), scene.stream, 1);
    });

    it('lets what comes often gather, and what is a full batch not wait', async () => {
      const scene = await workQueue();
      const batches = createCollector<readonly string[]>();
      const consumption = await bus().consumeBatches(
        consumerOf(scene),
        { maxBatch: 5, minIntervalMs: 3_600_000, ...noPoison },
        async (deliveries) => {
          batches.add(deliveries.map(textOf));
          return deliveries.map(() => true);
        },
      );
      await publish(scene, 'alone');
      await batches.until((items) => items.length === 1);
      for (const number of ['1', '2', '3', '4', '5', 'late']) await publish(scene, number);
      expect(await batches.until((items) => items.length === 2)).toEqual([
        ['alone'],
        ['1', '2', '3', '4', '5'],
      ]);
      await consumption.stop();
      await untilMessages(bus(), scene.stream, 1);
    });

    it('delivers a whole batch again after a throw, until each message of it is poison', async () => {
      const scene = await workQueue();
      await publish(scene, 'one', 'two');
      const poison = createCollector<string>();
      const counts = new Set<number>();
      const consumption = await bus().consumeBatches(
        consumerOf(scene),
        {
          maxBatch: 10,
          maxDeliveries: 2,
          ...quickly,
          onPoison: async (delivery) => poison.add(textOf(delivery)),
        },
        async (deliveries) => {
          for (const { deliveryCount } of deliveries) counts.add(deliveryCount);
          throw new Error('no');
        },
      );
      expect((await poison.until((items) => items.length === 2)).toSorted()).toEqual(['one', 'two']);
      expect([...counts]).toEqual([1, 2]);
      await consumption.stop();
      await untilMessages(bus(), scene.stream, 0);
    });
  });
}
