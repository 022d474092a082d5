import {
  openResultLog,
  resultRecord,
  sealContent,
  type RequestEvent,
  type StageDependencies,
} from '@millrace/stage';
import type { SealingBox } from '@millrace/sealing';

/**
 * Puts the placeholders and their originals, sealed, into the results, where the relay finds them for as long as the answer can
 * be read. A redelivery that finds them there (or finds inference at work already) leaves them.
 *
 * @returns where the log of the request ends, if nobody works on it yet
 */
export async function publishMapping(
  dependencies: StageDependencies,
  event: RequestEvent,
  box: SealingBox,
  mapping: ReadonlyMap<string, string>,
): Promise<number | undefined> {
  const log = await openResultLog(dependencies, event);
  if (log.last !== undefined && log.last.kind !== 'OPENED') return undefined;
  await log.append(
    resultRecord(event, {
      kind: 'MASKED',
      at: dependencies.clock.now(),
      content: sealContent(box, event.request_id, 'masked', Object.fromEntries(mapping)),
    }),
  );
  return log.end;
}
