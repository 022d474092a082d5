import type { GoldText } from './gold.ts';

/** A text to be timed, and how often. */
export interface Sample {
  readonly name: string;
  readonly text: string;
  readonly rounds: number;
}

/** Texts of so many characters, made of those of the set. */
export function samplesOf(gold: readonly GoldText[]): readonly Sample[] {
  const all = gold.map(({ text }) => text).join('\n\n');
  const cut = (from: number, length: number): string => {
    const start = from % Math.max(1, all.length - length);
    return all.repeat(Math.ceil(length / all.length)).slice(start, start + length);
  };
  return [
    ...Array.from({ length: 20 }, (_, index) => ({ name: '500', text: cut(index * 3_001, 500), rounds: 50 })),
    ...Array.from({ length: 3 }, (_, index) => ({
      name: '50000',
      text: cut(index * 7_001, 50_000),
      rounds: 10,
    })),
    { name: '500000', text: cut(0, 500_000), rounds: 3 },
  ];
}

/** Presidio takes a hundred times as long. */
export const forPresidio = (samples: readonly Sample[]): readonly Sample[] =>
  samples
    .filter(({ name }) => name !== '500000')
    .map((sample) => ({ ...sample, rounds: Math.ceil(sample.rounds / 10) }));

export interface Times {
  readonly p50: number;
  readonly p99: number;
}

/** In milliseconds. */
export function timesOf(ms: readonly number[]): Times {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
