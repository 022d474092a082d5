import type { SealingBox } from '@millrace/sealing';
import {
  openResultLog,
  resultRecord,
  sealContent,
  type RequestEvent,
  type StageDependencies,
} from '@millrace/stage';
import type { Protection } from './protection.ts';
import type { Scrubbed } from './scrub.ts';

/**
 * Puts the placeholders and their originals, sealed, into the results, with the policy where it is not the default: there the relay
 * finds them for as long as the answer can be read. A redelivery that finds them there (or finds inference at work already) leaves them.
 *
 * @returns where the log of the request ends, if nobody works on it yet
 */
export async function publishMapping(
  dependencies: StageDependencies,
  event: RequestEvent,
  box: SealingBox,
  { mapping, policy, hashKey, isDefault }: Pick<Scrubbed, 'mapping'> & Protection,
  isFigures: boolean,
): Promise<number | undefined> {
  const log = await openResultLog(dependencies, event);
  if (log.last !== undefined && log.last.kind !== 'OPENED') return undefined;
  const masked = {
    mapping: Object.fromEntries(mapping),
    ...(isFigures ? { is_figures: true as const } : {}),
    ...(isDefault ? {} : { policy }),
    ...(hashKey === undefined ? {} : { hash_key: Buffer.from(hashKey).toString('base64') }),
  };
  await log.append(
    resultRecord(event, {
      kind: 'MASKED',
      at: dependencies.clock.now(),
      content: sealContent(box, event.request_id, 'masked', masked),
    }),
  );
  return log.end;
}
