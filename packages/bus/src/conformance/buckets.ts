import { describe, expect, it } from 'vitest';
import type { Bus } from '../port.ts';
import { createCollector } from './collector.ts';
import { bytes, type BrokerHarness } from './harness.ts';

const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : new TextDecoder().decode(value);

type Told = readonly [key: string, value: string | undefined];

export function describeBuckets(broker: () => BrokerHarness, bus: () => Bus): void {
  let buckets = 0;
  const create = async (history = 1) => {
    const name = `B${++buckets}`;
    await bus().provision([], [{ name, history }]);
    return { name, bucket: bus().bucket(name) };
  };

  describe('buckets', () => {
    it('gets what was put, and creates a key only once', async () => {
      const { bucket } = await create();
      expect(await bucket.get('a')).toBeUndefined();
      expect(await bucket.create('a', bytes('one'))).toBe(true);
      expect(await bucket.create('a', bytes('two'))).toBe(false);
      expect(text((await bucket.get('a'))?.value)).toBe('one');
      await bucket.put('a', bytes('three'));
      expect(text((await bucket.get('a'))?.value)).toBe('three');
    });

    it('lets one of many creators win', async () => {
      const { bucket } = await create();
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) => bucket.create('a', bytes(`${index}`))),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(text((await bucket.get('a'))?.value)).toBe(`${outcomes.indexOf(true)}`);
    });

    it('forgets an erased key, which may be erased again and created anew', async () => {
      const { bucket } = await create();
      await bucket.put('a', bytes('one'));
      await bucket.erase('a');
      await bucket.erase('a');
      await bucket.erase('never.there');
      expect(await bucket.get('a')).toBeUndefined();
      expect(await bucket.create('a', bytes('two'))).toBe(true);
      expect(text((await bucket.get('a'))?.value)).toBe('two');
    });

    it('replaces a value only if it is still the one that was read', async () => {
      const { bucket } = await create(2);
      await bucket.create('a', bytes('one'));
      const read = await bucket.get('a');
      const told = createCollector<Told>();
      const watch = await bucket.watch('>', ({ key, value }) => told.add([key, text(value)]));
      expect(await bucket.replace('a', bytes('two'), read?.revision ?? 0)).toBe(true);
      expect(await bucket.replace('a', bytes('three'), read?.revision ?? 0)).toBe(false);
      expect(text((await bucket.get('a'))?.value)).toBe('two');
      await bucket.erase('a');
      expect(await bucket.replace('a', bytes('four'), read?.revision ?? 0)).toBe(false);
      expect(await bucket.get('a')).toBeUndefined();
      await told.until((items) => items.length === 3);
      expect(told.items.map(([, value]) => value)).toEqual(['one', 'two', undefined]);
      await watch.stop();
    });

    it('lists the keys that are present', async () => {
      const { bucket } = await create();
      for (const key of ['a', 'a.b', 'a.c', 'b.d']) await bucket.put(key, bytes('1'));
      await bucket.erase('a.c');
      expect((await bucket.keys('>')).toSorted()).toEqual(['a', 'a.b', 'b.d']);
      expect(await bucket.keys('a.*')).toEqual(['a.b']);
      expect(await bucket.keys('none')).toEqual([]);
    });

    it('refuses what cannot be a key', async () => {
      const { bucket } = await create();
      for (const key of ['', 'a b', 'a.*', '>', '.a', 'a..b'])
        await expect(bucket.get(key)).rejects.toThrow('key');
    });

    it('tells a watcher what is there and what changes, an expired key included', async () => {
      const { bucket } = await create();
      await bucket.put('cancel.a', bytes('1'));
      await bucket.put('cancel.b', bytes('1'));
      await bucket.put('cancel.b', bytes('2'));
      await bucket.put('other.c', bytes('1'));
      await bucket.put('cancel.gone', bytes('1'));
      await bucket.erase('cancel.gone');
      const told = createCollector<Told>();
      const watch = await bucket.watch('cancel.*', ({ key, value }) => told.add([key, text(value)]));
      expect(told.items).toEqual([
        ['cancel.a', '1'],
        ['cancel.b', '2'],
      ]);
      await bucket.erase('cancel.a');
      await bucket.put('cancel.d', bytes('short'), { ttlMs: 1_000 });
      expect((await told.until((items) => items.length === 5)).slice(2)).toEqual([
        ['cancel.a', undefined],
        ['cancel.d', 'short'],
        ['cancel.d', undefined],
      ]);
      expect(await bucket.get('cancel.d')).toBeUndefined();
      await watch.stop();
    });

    it('tells a watcher of an empty bucket what comes', async () => {
      const { bucket } = await create();
      const told = createCollector<Told>();
      const watch = await bucket.watch('*', ({ key, value }) => told.add([key, text(value)]));
      await bucket.put('a', bytes('1'));
      expect(await told.until((items) => items.length === 1)).toEqual([['a', '1']]);
      await watch.stop();
    });

    it('goes on to watch behind an entry that the watcher cannot take in', async () => {
      const { bucket } = await create();
      await bucket.put('a', bytes('bad'));
      await bucket.put('b', bytes('1'));
      const told = createCollector<Told>();
      const watch = await bucket.watch('*', ({ key, value }) => {
        if (text(value) === 'bad') throw new Error('cannot be taken in');
        told.add([key, text(value)]);
      });
      expect(told.items).toEqual([['b', '1']]);
      await bucket.put('c', bytes('bad'));
      await bucket.put('d', bytes('2'));
      expect((await told.until((items) => items.length === 2)).at(1)).toEqual(['d', '2']);
      await watch.stop();
    });

    it('goes on to watch after the broker was killed, without telling twice what has not changed', async () => {
      const { name, bucket } = await create();
      await bucket.put('a', bytes('1'));
      await bucket.put('b', bytes('1'));
      const told = createCollector<Told>();
      const watch = await bucket.watch('*', ({ key, value }) => told.add([key, text(value)]));
      await broker().kill();
      await broker().start();
      const other = await broker().connect();
      await other.bucket(name).erase('b');
      await other.bucket(name).put('c', bytes('1'));
      await told.until((items) => items.length === 4);
      expect(told.items.slice(2).toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
        ['b', undefined],
        ['c', '1'],
      ]);
      await watch.stop();
      await other.stop();
    });
  });
}
