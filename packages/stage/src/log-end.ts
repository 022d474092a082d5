import { subjects } from '@millrace/contracts';
import type { StageDependencies } from './stage-dependencies.ts';

/**
 * Where the log of a request ends while nobody works on it yet, handed from stage to stage in a header. It is a hint that saves a
 * look-up: a worker with one that is no longer true is refused by the server, like any other that was overtaken.
 */
export const logEndHeader = {
  write: (sequence: number | undefined): Record<string, string> =>
    sequence === undefined ? {} : { 'Millrace-Log-End': String(sequence) },
  read(headers: Readonly<Record<string, string>>): number | undefined {
    const sequence = Number(headers['Millrace-Log-End']);
    return Number.isSafeInteger(sequence) && sequence > 0 ? sequence : undefined;
  },
};

/** The end of the log of a request that a gateway has opened and nobody has worked on, or undefined. */
export async function openedLogEnd(
  { bus, codec, logger }: Pick<StageDependencies, 'bus' | 'codec' | 'logger'>,
  request: { readonly gateway: string; readonly request_id: string },
): Promise<number | undefined> {
  try {
    const last = await bus.lastMessage('RESULTS', subjects.result(request.gateway, request.request_id));
    if (last === undefined) return undefined;
    return codec.decode('result.chunk', last.payload).kind === 'OPENED' ? last.sequence : undefined;
  } catch (error) {
    logger.debug({ error, requestId: request.request_id }, 'the log of a request could not be looked at');
    return undefined;
  }
}
