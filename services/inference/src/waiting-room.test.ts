import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWaitingRoom, type Guest } from './waiting-room.ts';

const never = new AbortController().signal;
const guest = (tenant: string, priority: Guest['priority'] = 'NORMAL'): Guest => ({ tenant, priority });

/** A room whose one place goes on as soon as it is given back. */
function roomOf(weights: Readonly<Record<string, number>> = {}, places = 1) {
  const room = createWaitingRoom({ places, weightOf: (tenant) => weights[tenant] ?? 1 });
  const begun: string[] = [];
  const leaving: (() => void)[] = [];
  /** The oldest one ends. */
  const step = async (): Promise<void> => {
    leaving.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  };
  const enter = (name: string, who: Guest = guest(name), signal = never): void => {
    const begin = async (): Promise<void> => {
      const leave = await room.enter(who, signal);
      begun.push(name);
      leaving.push(leave);
    };
    void begin();
  };
  const steps = async (count: number): Promise<readonly string[]> => {
    const from = begun.length;
    for (let done = 0; done < count; done += 1) await step();
    return begun.slice(from);
  };
  return { room, begun, enter, step, steps };
}

describe('the waiting room', () => {
  it('lets as many in at once as there are places, the first first', async () => {
    const { room, begun, enter, step } = roomOf({}, 2);
    for (const name of ['one', 'two', 'three']) enter(name, guest('acme'));
    await step();
    expect(begun).toEqual(['one', 'two']);
    expect(room.waiting).toBe(1);
    await step();
    expect(begun).toEqual(['one', 'two', 'three']);
    expect(room.waiting).toBe(0);
  });

  it('starts the one request of a quiet tenant after at most one more of a flood', async () => {
    const { enter, steps, step } = roomOf();
    for (let count = 0; count < 40; count += 1) enter('flood');
    await step();
    enter('quiet');
    expect(await steps(2)).toContain('quiet');
  });

  it('gives places by weight', async () => {
    const test = roomOf({ paying: 3 });
    for (let count = 0; count < 40; count += 1) for (const tenant of ['plain', 'paying']) test.enter(tenant);
    await test.step();
    const taken = await test.steps(20);
    expect(taken.filter((tenant) => tenant === 'paying')).toHaveLength(15);
  });

  it('gives a low priority its share of what its tenant gets, and a high one more', async () => {
    const test = roomOf();
    for (let count = 0; count < 40; count += 1) {
      for (const priority of ['LOW', 'NORMAL', 'HIGH'] as const)
        test.enter(priority, guest('acme', priority));
      test.enter('other');
    }
    await test.step();
    const taken = await test.steps(28);
    const countOf = (name: string): number => taken.filter((each) => each === name).length;
    expect([countOf('HIGH'), countOf('NORMAL'), countOf('LOW'), countOf('other')]).toEqual([8, 4, 2, 14]);
  });

  it('starves nobody: a request waits for what others are due by weight, and one turn of each', async () => {
    const tenants = fc.array(fc.record({ weight: fc.integer({ min: 1, max: 5 }), every: fc.nat(3) }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        tenants,
        fc.nat(20),
        fc.integer({ min: 1, max: 5 }),
        async (others, before, weight) => {
          const names = others.map((_, index) => `tenant-${index}`);
          const weights = Object.fromEntries(names.map((name, index) => [name, others[index]?.weight ?? 1]));
          const test = roomOf({ ...weights, quiet: weight });
          // Others flood, and keep coming for as long as it takes.
          const come = (count: number): void => {
            for (const [index, { every }] of others.entries())
              if (count % (every + 1) === 0)
                for (let each = 0; each < 3; each += 1) test.enter(`tenant-${index}`);
          };
          for (let count = 0; count <= before; count += 1) {
            come(count);
            await test.step();
          }
          const from = test.begun.length;
          test.enter('quiet');
          for (let count = before; !test.begun.includes('quiet'); count += 1) {
            come(count);
            await test.step();
          }
          const most = others.reduce((sum, other) => sum + 1 + Math.ceil(other.weight / weight), 0);
          expect(test.begun.length - from - 1).toBeLessThanOrEqual(most);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('lets one go on without a place that is stopped while it waits, and gives its place to nobody else', async () => {
    const { room, begun, enter, step, steps } = roomOf();
    const stopping = new AbortController();
    enter('first');
    await step();
    enter('stopped', guest('acme'), stopping.signal);
    enter('next');
    stopping.abort();
    enter('stopped before', guest('acme'), stopping.signal);
    await Promise.resolve();
    expect(begun).toEqual(['first', 'stopped', 'stopped before']);
    expect(room.waiting).toBe(1);
    expect(await steps(1)).toEqual(['next']);
  });

  it('gives one place back once, however often that is said', async () => {
    const room = createWaitingRoom({ places: 1, weightOf: () => 1 });
    const leave = await room.enter(guest('acme'), never);
    leave();
    leave();
    await room.enter(guest('acme'), never);
    void room.enter(guest('acme'), never);
    expect(room.waiting).toBe(1);
  });
});
