import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Scheduler } from './scheduler.ts';
import { Simulation, toy, type Toy } from './scheduler-simulation.ts';

describe('Scheduler', () => {
  it('alternates the chunks of a long prompt with decode steps', () => {
    const simulation = new Simulation(4, 10);
    simulation.scheduler.add(toy(1, 5, 9));
    simulation.step();
    simulation.scheduler.add(toy(2, 35, 3));
    for (let index = 0; index < 8; index++) simulation.step();
    expect(simulation.names()).toBe('p1 d p2 d p2 d p2 d p2');
  });

  it('prefills chunk after chunk while nothing decodes', () => {
    const simulation = new Simulation(4, 10);
    simulation.scheduler.add(toy(1, 30, 2));
    while (simulation.step());
    expect(simulation.names()).toBe('p1 p1 p1 d d');
  });

  it('takes sequences first come, first served, as slots come free', () => {
    const simulation = new Simulation(2, 10);
    for (const name of [1, 2, 3, 4]) simulation.scheduler.add(toy(name, 5, 2));
    expect(simulation.scheduler.freeSlots).toBe(0);
    while (simulation.step());
    expect(simulation.ended.map(({ name }) => name)).toEqual([1, 2, 3, 4]);
    expect(simulation.scheduler.freeSlots).toBe(2);
  });

  it('moves the last sequence into the hole that a finished one leaves', () => {
    const scheduler = new Scheduler<Toy>({ slots: 3, prefillChunk: 10 });
    const [first, second, third] = [toy(1, 4, 9), toy(2, 5, 9), toy(3, 6, 9)];
    for (const sequence of [first, second, third]) {
      scheduler.add(sequence);
      while (scheduler.next()?.kind !== 'prefill');
      sequence.cached = sequence.prefixLength;
      expect(scheduler.prefilled(sequence)).toEqual([]);
    }
    expect(scheduler.remove(first)).toEqual([{ from: 2, to: 0, length: 6 }]);
    expect(scheduler.remove(second)).toEqual([]);
    expect(third.slot).toBe(0);
  });

  it('lets a short prompt overtake a long one that is being prefilled', () => {
    const simulation = new Simulation(4, 10);
    simulation.scheduler.add(toy(1, 400, 1));
    for (let step = 0; step < 3; step += 1) simulation.step();
    simulation.scheduler.add(toy(2, 8, 3));
    while (simulation.ended.length < 2) simulation.step();
    expect(simulation.ended.map(({ name }) => name)).toEqual([2, 1]);
    expect(simulation.names()).toMatch(/^p1 p1 p1 (p1 )?p2 d /u);
  });

  it('lets two change places when all slots are taken', () => {
    const scheduler = new Scheduler<Toy>({ slots: 2, prefillChunk: 10 });
    const [first, second] = [toy(1, 30, 9), toy(2, 5, 9)];
    scheduler.add(first);
    expect(scheduler.next()).toMatchObject({ sequence: first });
    first.cached = 10;
    scheduler.add(second);
    while (second.slot === -1) scheduler.next();
    second.cached = 5;
    expect([first.slot, second.slot]).toEqual([0, 1]);
    expect(scheduler.prefilled(second)).toEqual([
      { from: 1, to: 2, length: 5 },
      { from: 0, to: 1, length: 10 },
      { from: 2, to: 0, length: 5 },
    ]);
    expect([first.slot, second.slot]).toEqual([1, 0]);
  });

  it('keeps slots contiguous, ends each sequence once and starves nobody, whatever comes and goes', () => {
    const event = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          add: fc.integer({ min: 1, max: 200 }),
          left: fc.integer({ min: 1, max: 12 }),
          tenant: fc.constantFrom('a', 'b', 'c'),
          weight: fc.constantFrom(1, 2, 4),
        }),
      },
      { weight: 1, arbitrary: fc.record({ cancel: fc.nat(20) }) },
      { weight: 6, arbitrary: fc.record({ steps: fc.integer({ min: 1, max: 4 }) }) },
    );
    const limits = fc.record({
      slots: fc.integer({ min: 1, max: 5 }),
      chunk: fc.integer({ min: 1, max: 16 }),
    });
    fc.assert(
      fc.property(limits, fc.array(event, { maxLength: 60 }), ({ slots, chunk }, events) => {
        const simulation = new Simulation(slots, chunk);
        const all: Toy[] = [];
        for (const happening of events) {
          if ('add' in happening) {
            const added = toy(all.length, happening.add, happening.left, happening.tenant, happening.weight);
            all.push(added);
            simulation.scheduler.add(added);
          } else if ('cancel' in happening) {
            const victim = all[happening.cancel];
            if (victim !== undefined) simulation.end(victim);
            simulation.check();
          } else {
            for (let step = 0; step < happening.steps; step++) simulation.step();
          }
        }
        while (simulation.step());
        expect(new Set(simulation.ended).size).toBe(all.length);
        expect(simulation.ended).toHaveLength(all.length);
        expect(simulation.scheduler.running + simulation.scheduler.waiting).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('never runs two chunks in a row while sequences decode, nor two decode steps while a prompt can go on', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }), (prompts) => {
        const simulation = new Simulation(8, 7);
        for (const [name, length] of prompts.entries()) simulation.scheduler.add(toy(name, length, 200));
        for (let step = 0; step < 100; step++) simulation.step();
        const { history } = simulation;
        expect(
          history
            .filter((_, at) => history[at - 1]?.kind === 'prefill' && history[at]?.couldDecode)
            .every(({ kind }) => kind === 'decode'),
        ).toBe(true);
        expect(
          history
            .filter((_, at) => history[at - 1]?.kind === 'decode' && history[at]?.couldPrefill)
            .every(({ kind }) => kind === 'prefill'),
        ).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
