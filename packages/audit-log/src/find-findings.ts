import { subjects, type AuditRecorded, type PiiFound } from '@millrace/contracts';
import { readRecord } from './read-record.ts';
import type { ChainSource } from './verify-tenant.ts';

/** The record of what was found in an answer, and what it says. */
export interface RecordedFindings {
  readonly record: Omit<AuditRecorded, 'event'>;
  readonly found: PiiFound;
}

/** Answers can be read for 15 minutes after their end, and so are counted by then; with what audit may be behind. */
const latestMs = 30 * 60_000;
const clockSkewMs = 60_000;

/**
 * What is on record of the personal data in the answer of a request.
 *
 * @param closedAt in milliseconds since the epoch
 * @returns undefined where nothing was found, or it is not recorded (yet)
 * @throws `unavailable`
 */
export async function findFindings(
  { bus, codec }: ChainSource,
  request: { readonly tenant: string; readonly requestId: string; readonly closedAt: number },
  signal: AbortSignal | undefined,
): Promise<RecordedFindings | undefined> {
  const { tenant, requestId, closedAt } = request;
  const options = { fromTime: closedAt - clockSkewMs, ...(signal === undefined ? {} : { signal }) };
  for await (const { payload, storedAt } of bus.read('AUDIT', subjects.recorded(tenant), options)) {
    if (storedAt > closedAt + latestMs) return undefined;
    const full = readRecord(codec, payload);
    if (full?.kind !== 'pii.found' || full.subject_id !== requestId) continue;
    const { event, ...record } = full;
    return { record, found: codec.decode('pii.found', event) };
  }
  return undefined;
}
