import type { Point } from './points.ts';

/** Who is measured. */
export interface Contender {
  readonly name: string;
  /** `native`: llama.cpp's own tools, without JavaScript. `information`: no ratio counts it. */
  readonly role: 'ours' | 'peer' | 'native' | 'information';
  /** Its figure at a point, measured in a process of its own; undefined where it has none. */
  measure(point: Point): Promise<number | undefined>;
}
