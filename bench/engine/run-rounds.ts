import type { Contender } from './contender.ts';
import { median } from './median.ts';
import { nameOf, points, type Point } from './points.ts';

/** The most that the figures of one contender at one point may differ by, as a factor, without a warning. */
const maxSpread = 1.5;

/** The median of each contender at each point; no entry where it has no figure. */
export type Medians = ReadonlyMap<Contender, ReadonlyMap<Point, number>>;

/**
 * Each round goes through all points, and at each point through all contenders one after the other, so that what the machine does
 * meanwhile meets all of them.
 */
export async function runRounds(contenders: readonly Contender[], rounds: number): Promise<Medians> {
  const figures = new Map(contenders.map((contender) => [contender, new Map<Point, number[]>()]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const point of points) {
      for (const [contender, ofContender] of figures) {
        const figure = await contender.measure(point);
        if (figure === undefined) continue;
        ofContender.set(point, [...(ofContender.get(point) ?? []), figure]);
        process.stderr.write(
          `round ${round}/${rounds}: ${nameOf(point)}: ${contender.name}: ${figure.toFixed(1)}\n`,
        );
      }
    }
  }
  for (const [{ name }, ofContender] of figures) {
    for (const [point, values] of ofContender) warnOfSpread(name, point, values);
  }
  return new Map(
    contenders.map((contender) => [
      contender,
      new Map([...(figures.get(contender) ?? [])].map(([point, values]) => [point, median(values)])),
    ]),
  );
}

/** Threads that wait for a processor in a loop fall to a fraction of their speed as soon as something else runs: such a figure tells nothing. */
function warnOfSpread(name: string, point: Point, values: readonly number[]): void {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (most <= maxSpread * least) return;
  process.stderr.write(
    `${nameOf(point)}: ${name} went from ${least.toFixed(1)} to ${most.toFixed(1)}: run it again with nothing else on the machine.\n`,
  );
}
