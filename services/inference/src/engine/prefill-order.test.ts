import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrefillOrder, type Queued } from './prefill-order.ts';

interface Prompt extends Queued {
  readonly name: string;
  cached: number;
}

const chunk = 10;
const prompt = (name: string, prefixLength: number, tenant = 'acme', weight = 1): Prompt => ({
  name,
  tenant,
  weight,
  cached: 0,
  prefixLength,
});

/** Prefills a chunk of whose turn it is. */
function step(order: PrefillOrder<Prompt>): { readonly name: string; readonly tokens: number } | undefined {
  const chosen = order.next(() => true);
  if (chosen === undefined) return undefined;
  const tokens = Math.min(chunk, chosen.prefixLength - chosen.cached);
  order.charge(chosen, tokens);
  chosen.cached += tokens;
  if (chosen.cached === chosen.prefixLength) order.remove(chosen);
  return { name: chosen.name, tokens };
}

function steps(order: PrefillOrder<Prompt>, count: number): string[] {
  return Array.from({ length: count }, () => step(order)?.name ?? '-');
}

describe('PrefillOrder', () => {
  it('takes in turn the one that needs least and the oldest', () => {
    const order = new PrefillOrder<Prompt>();
    for (const each of [prompt('long', 100), prompt('middle', 40), prompt('short', 20)]) order.add(each);
    expect(steps(order, 6)).toEqual(['short', 'long', 'short', 'long', 'middle', 'long']);
  });

  it('lets a short one that comes go before one that was alone', () => {
    const order = new PrefillOrder<Prompt>();
    order.add(prompt('long', 100));
    for (const chunks of [1, 2]) {
      steps(order, chunks);
      order.add(prompt('short', 10));
      expect(steps(order, 2)).toEqual(['short', 'long']);
    }
  });

  it('takes a chunk that was given back for one that has not run', () => {
    const order = new PrefillOrder<Prompt>();
    const long = prompt('long', 100, 'one');
    order.add(long);
    expect(order.next(() => true)).toBe(long);
    order.charge(long, chunk);
    order.giveBack(long, chunk);
    order.add(prompt('short', 10, 'other'));
    order.add(prompt('middle', 20, 'one'));
    expect(steps(order, 4)).toEqual(['short', 'middle', 'long', 'middle']);
  });

  it('gives each tenant its share by weight, however many prompts it has', () => {
    const order = new PrefillOrder<Prompt>();
    for (let index = 0; index < 20; index += 1) order.add(prompt('flood', 1_000, 'flood'));
    order.add(prompt('quiet', 1_000, 'quiet'));
    order.add(prompt('paying', 1_000, 'paying', 2));
    const taken = steps(order, 80);
    const countOf = (name: string): number => taken.filter((each) => each === name).length;
    expect([countOf('flood'), countOf('quiet'), countOf('paying')]).toEqual([20, 20, 40]);
  });

  it('lets nobody save up a share while it asks for nothing', () => {
    const order = new PrefillOrder<Prompt>();
    order.add(prompt('busy', 10_000, 'busy'));
    steps(order, 100);
    order.add(prompt('fresh', 10_000, 'fresh'));
    const taken = steps(order, 20);
    expect(taken.filter((name) => name === 'fresh')).toHaveLength(10);
  });

  it('passes over those that cannot run', () => {
    const order = new PrefillOrder<Prompt>();
    order.add(prompt('blocked', 10, 'one'));
    order.add(prompt('free', 20, 'two'));
    expect(order.next(({ name }) => name !== 'blocked')?.name).toBe('free');
    expect(order.next(() => false)).toBeUndefined();
  });

  it('starves nobody: a prompt waits for its tenant to get twice its chunks, and those of older ones, at its share', () => {
    const other = fc.record({
      length: fc.integer({ min: 1, max: 60 }),
      tenant: fc.constantFrom('acme', 'b', 'c', 'd'),
      every: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.array(other, { minLength: 1, maxLength: 6 }),
        (length, others) => {
          const order = new PrefillOrder<Prompt>();
          const target = prompt('target', length);
          order.add(target);
          let tokens = 0;
          // Others keep coming for as long as it takes.
          for (let count = 0; target.cached < length; count += 1) {
            for (const { length: needs, tenant, every } of others)
              if (count % every === 0) order.add(prompt('other', needs, tenant));
            tokens += step(order)?.tokens ?? 0;
          }
          // Of four tenants, each of which may be a chunk ahead.
          expect(tokens).toBeLessThanOrEqual(4 * (2 * (length + chunk) + 2 * chunk));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('forgets tenants that have nothing more to do', () => {
    const order = new PrefillOrder<Prompt>();
    for (let index = 0; index < 100; index += 1) {
      order.add(prompt('once', 5, `tenant ${index}`));
      step(order);
    }
    expect(order.size).toBe(0);
    expect(order.next(() => true)).toBeUndefined();
    expect(order.flows).toBe(0);
  });
});
