import type { WorkerDescribed } from '@millrace/contracts';
import type { StageDependencies } from '@millrace/stage';

/** What the platform is working on. */
export interface EngineState {
  /** Requests in each stage that are not through it yet, those that it works on included. */
  readonly queue: { readonly received: number; readonly admitted: number; readonly scrubbed: number };
  readonly workers: readonly WorkerDescribed[];
}

/** @throws `unavailable` when no worker answers, or NATS is away */
export async function readEngineState(
  { bus }: Pick<StageDependencies, 'bus'>,
  askWorkers: () => Promise<readonly WorkerDescribed[]>,
): Promise<EngineState> {
  const length = async (stream: string): Promise<number> => (await bus.streamState(stream)).messages;
  const [workers, received, admitted, scrubbed] = await Promise.all([
    askWorkers(),
    length('RECEIVED'),
    length('ADMITTED'),
    length('SCRUBBED'),
  ]);
  return { queue: { received, admitted, scrubbed }, workers };
}
