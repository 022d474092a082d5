import { measureDecode } from './measure-decode.ts';
import { measureFirstTokenUnderLoad } from './measure-first-token.ts';
import { measurePrefill } from './measure-prefill.ts';
import type { Point } from './points.ts';
import type { Subject } from './subject.ts';

/** The figure of one engine at one point, in the unit of the point. */
export function measure(subject: Subject, point: Point): Promise<number> {
  switch (point.kind) {
    case 'decode':
      return measureDecode(subject, point.batch);
    case 'prefill':
      return measurePrefill(subject);
    case 'first token':
      return measureFirstTokenUnderLoad(subject);
  }
}
