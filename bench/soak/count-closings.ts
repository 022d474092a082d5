import { requestIdOf, subjects } from '@millrace/contracts';
import type { StageDependencies } from '@millrace/stage';

export interface Closings {
  /** Of requests that were made. */
  readonly byOutcome: Readonly<Record<string, number>>;
  readonly unclosed: readonly string[];
  /** Closings above one for a request. */
  readonly repeated: number;
  /** Of requests that nobody made. */
  readonly foreign: number;
}

/** Reads every closing of a tenant, and compares it with the requests that were made. */
export async function countClosings(
  { bus, codec }: Pick<StageDependencies, 'bus' | 'codec'>,
  tenant: string,
  requestIds: readonly string[],
): Promise<Closings> {
  const open = new Set(requestIds);
  const made = new Set(requestIds);
  const byOutcome: Record<string, number> = {};
  let repeated = 0;
  let foreign = 0;
  for await (const { subject, payload } of bus.read('CLOSED', subjects.closed(tenant, '*'))) {
    const requestId = requestIdOf(subject);
    if (!made.has(requestId)) foreign += 1;
    else if (!open.delete(requestId)) repeated += 1;
    else {
      const outcome = codec.decode('request.closed', payload).outcome.toLowerCase();
      byOutcome[outcome] = (byOutcome[outcome] ?? 0) + 1;
    }
  }
  return { byOutcome, unclosed: [...open], repeated, foreign };
}
