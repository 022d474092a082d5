import type { Contender } from './contender.ts';
import { machine } from './machine.ts';
import { batchSizes, points, ratioOf, type Point } from './points.ts';
import type { Medians } from './run-rounds.ts';

/** Figures in tokens per second, the time to the first token in milliseconds; ratios above 1 where Millrace is better. */
export interface Figures {
  readonly decode: Readonly<Record<string, number>>;
  readonly prefill512?: number;
  readonly ttft_under_load?: number;
}

export interface Report {
  /** Millrace against the best of node-llama-cpp's formats at each point. */
  readonly ratio: Figures;
  /** Millrace against the best of llama.cpp's own at equal quality (Q4_1 and Q8_0); null where they did not run. */
  readonly ratio_native: Figures | null;
  readonly ours: Figures;
  readonly peers: Readonly<Record<string, Figures>>;
  readonly machine: ReturnType<typeof machine>;
  readonly threads: number;
  readonly rounds: number;
}

export function makeReport(
  medians: Medians,
  run: { readonly threads: number; readonly rounds: number },
): Report {
  const ours = [...medians].find(([{ role }]) => role === 'ours')?.[1] ?? new Map<Point, number>();
  const others = [...medians].filter(([{ role }]) => role !== 'ours');
  const ratioTo = (role: Contender['role']): Figures =>
    inShape((point) => {
      const rivals = others.filter(([contender]) => contender.role === role);
      const ratios = rivals.flatMap(([, figures]) => {
        const [our, their] = [ours.get(point), figures.get(point)];
        return our === undefined || their === undefined ? [] : [ratioOf(point, our, their)];
      });
      // The best rival is the one that leaves Millrace the smallest ratio.
      return ratios.length === 0 ? undefined : Math.min(...ratios);
    });
  return {
    ratio: ratioTo('peer'),
    ratio_native: others.some(([{ role }]) => role === 'native') ? ratioTo('native') : null,
    ours: inShape((point) => ours.get(point)),
    peers: Object.fromEntries(
      others.map(([{ name }, figures]) => [name, inShape((point) => figures.get(point))]),
    ),
    machine: machine(),
    ...run,
  };
}

function inShape(figure: (point: Point) => number | undefined): Figures {
  const at = (wanted: (point: Point) => boolean): number | undefined => {
    const point = points.find(wanted);
    const value = point === undefined ? undefined : figure(point);
    return value === undefined ? undefined : Number(value.toFixed(3));
  };
  const decode = batchSizes.map((batch) => [
    String(batch),
    at((point) => point.kind === 'decode' && point.batch === batch),
  ]);
  const prefill512 = at(({ kind }) => kind === 'prefill');
  const firstToken = at(({ kind }) => kind === 'first token');
  return {
    decode: Object.fromEntries(decode.filter(([, value]) => value !== undefined)) as Record<string, number>,
    ...(prefill512 === undefined ? {} : { prefill512 }),
    ...(firstToken === undefined ? {} : { ttft_under_load: firstToken }),
  };
}
