import type { ResultChunk } from '@millrace/contracts';
import { openResultLog, sealContent, type RequestEvent, type StageDependencies } from '@millrace/stage';
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
  const record: ResultChunk = {
    request_id: event.request_id,
    tenant: event.tenant,
    kind: 'MASKED',
    at: dependencies.clock.now(),
    attempt: 0,
    first_position: 0,
    token_count: 0,
    content: sealContent(box, event.request_id, 'masked', Object.fromEntries(mapping)),
    opened: null,
    finished: null,
  };
  await log.append(record);
  return log.end;
}
