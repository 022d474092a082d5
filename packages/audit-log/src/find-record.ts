import type { StoredMessage } from '@millrace/bus';
import { subjects, type AuditRecorded } from '@millrace/contracts';
import { madeAt } from '@millrace/runtime';
import { readRecord } from './read-record.ts';
import type { ChainSource } from './verify-tenant.ts';

/** A record as it is stored, and what it says. */
export interface FoundRecord {
  readonly record: AuditRecorded;
  readonly stored: StoredMessage;
}

export interface FindOptions {
  /** Where to look; by default in all chains. */
  readonly tenant?: string;
  /** Only what was stored at or after, in milliseconds since the epoch; by default about when the id was made. */
  readonly fromTime?: number;
  readonly signal?: AbortSignal;
}

/** How far the clocks of gateways and broker may be apart. */
const clockSkewMs = 60_000;
const versionSeven = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/u;

/**
 * The record of a request, or of an act, by its id. It reads from the moment that the id was made at. What cannot be read on the way is
 * left aside: `verifyTenant` names it.
 *
 * @throws `unavailable`
 */
export async function findRecord(
  { bus, codec }: ChainSource,
  subjectId: string,
  { tenant, fromTime, signal }: FindOptions = {},
): Promise<FoundRecord | undefined> {
  const subject = tenant === undefined ? 'mr.audit.recorded.*' : subjects.recorded(tenant);
  const start = fromTime ?? (versionSeven.test(subjectId) ? madeAt(subjectId) - clockSkewMs : undefined);
  const options = {
    ...(start === undefined ? {} : { fromTime: start }),
    ...(signal === undefined ? {} : { signal }),
  };
  for await (const stored of bus.read('AUDIT', subject, options)) {
    const record = readRecord(codec, stored.payload);
    // What was found in an answer may be recorded before its closing is: see `findFindings`.
    if (record?.subject_id === subjectId && record.kind !== 'pii.found') return { record, stored };
  }
  return undefined;
}
