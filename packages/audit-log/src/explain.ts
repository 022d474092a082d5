import {
  subjects,
  type ActPerformed,
  type AdmissionDecision,
  type AuditRecorded,
  type RequestClosed,
} from '@millrace/contracts';
import { findFindings, type RecordedFindings } from './find-findings.ts';
import { findRecord, type FindOptions } from './find-record.ts';
import { makeReceipt, type Receipt } from './receipt.ts';
import type { ChainSource } from './verify-tenant.ts';

/** All that is on record of a request, or of an act. No content: there is none in the log. */
export interface Explanation {
  readonly record: Omit<AuditRecorded, 'event'>;
  /** How the request ended, with the decisions on its way (`trail`). */
  readonly closing?: RequestClosed;
  /** What admission held in reserve, and which limit refused it; only while the decisions are kept, for 35 days. */
  readonly admission?: Omit<AdmissionDecision, 'request'>;
  /** What was found in the answer, and its own record. What was found in the request is in the trail. */
  readonly findings?: RecordedFindings;
  readonly act?: ActPerformed;
  /** Undefined until a checkpoint covers the record. */
  readonly receipt?: Receipt;
}

/** How far the clocks of gateways and broker may be apart. */
const clockSkewMs = 60_000;

/**
 * Says what happened to a request: its decisions, times, usage, price, its place in the chain, and a receipt.
 *
 * @returns undefined when it is not on record (yet)
 * @throws `unavailable`, `message_corrupt`
 */
export async function explain(
  source: ChainSource,
  subjectId: string,
  options: FindOptions = {},
): Promise<Explanation | undefined> {
  const found = await findRecord(source, subjectId, options);
  if (found === undefined) return undefined;
  const { event, ...record } = found.record;
  const receipt = await makeReceipt(source, found, options.signal);
  const proof = receipt === undefined ? {} : { receipt };
  if (record.kind === 'act.performed') {
    return { record, act: source.codec.decode('act.performed', event), ...proof };
  }
  const closing = source.codec.decode('request.closed', event);
  const { tenant, request_id: requestId, closed_at: closedAt } = closing;
  const admission = await findAdmission(source, closing, options.signal);
  const findings = await findFindings(source, { tenant, requestId, closedAt }, options.signal);
  return {
    record,
    closing,
    ...(admission === undefined ? {} : { admission }),
    ...(findings === undefined ? {} : { findings }),
    ...proof,
  };
}

async function findAdmission(
  { bus, codec }: ChainSource,
  closing: RequestClosed,
  signal: AbortSignal | undefined,
): Promise<Omit<AdmissionDecision, 'request'> | undefined> {
  const options = {
    fromTime: closing.received_at - clockSkewMs,
    ...(signal === undefined ? {} : { signal }),
  };
  for await (const { payload, storedAt } of bus.read(
    'ADMISSIONS',
    subjects.decided(closing.tenant),
    options,
  )) {
    const { decisions } = codec.decode('admission.decided', payload);
    const own = decisions.find(({ request_id }) => request_id === closing.request_id);
    if (own !== undefined) {
      const { request: _request, ...admission } = own;
      return admission;
    }
    if (storedAt > closing.closed_at + clockSkewMs) break;
  }
  return undefined;
}
