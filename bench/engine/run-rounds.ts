import type { Contender } from './contender.ts';
import { median } from './median.ts';
import { nameOf, points, type Point } from './points.ts';

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
  return new Map(
    contenders.map((contender) => [
      contender,
      new Map([...(figures.get(contender) ?? [])].map(([point, values]) => [point, median(values)])),
    ]),
  );
}
