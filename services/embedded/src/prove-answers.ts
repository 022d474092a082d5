import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { verifyTenant } from '@millrace/audit-log';
import { subjects, type RequestClosed } from '@millrace/contracts';
import { openContent, type StageDependencies } from '@millrace/stage';
import { ledger, type Database } from '@millrace/store';

/** What a client was told. */
export interface GivenAnswer {
  readonly requestId: string;
  /** One for each choice where there are several. */
  readonly text: string | readonly string[];
}

/** What is on record of one answer. */
export interface AnswerProof {
  readonly requestId: string;
  readonly outcome: string;
  readonly closings: number;
  readonly ledgerRows: number;
  readonly amount: string;
  readonly currency: string;
  /** billing.charged events of it. */
  readonly charges: number;
  readonly auditRecords: number;
  /** Whether the text that the client has is the text that was closed. */
  readonly isTextClosed: boolean;
}

export interface Proofs {
  readonly answers: readonly AnswerProof[];
  /** Rows of the whole ledger. */
  readonly ledgerRows: number;
  /** Closings in the tenant's chain. */
  readonly auditRecords: number;
  readonly isChainVerified: boolean;
}

type ProofDependencies = Pick<StageDependencies, 'bus' | 'codec' | 'sealing' | 'clock'>;

const pollMs = 25;

/**
 * Waits until all answers are closed, charged and recorded, and says what is on record.
 *
 * @throws the signal's reason
 */
export async function proveAnswers(
  dependencies: ProofDependencies,
  database: Database,
  tenant: string,
  answers: readonly GivenAnswer[],
  signal: AbortSignal,
): Promise<Proofs> {
  const requestIds = answers.map(({ requestId }) => requestId);
  await untilRecorded(dependencies, database, tenant, requestIds, signal);
  const [closed, rows, charged, recorded] = await Promise.all([
    closingsOf(dependencies, tenant),
    database.select().from(ledger),
    subjectsOf(dependencies, 'BILLING', tenant),
    subjectsOf(dependencies, 'AUDIT', tenant),
  ]);
  const proofs = await Promise.all(
    answers.map(async (answer): Promise<AnswerProof> => {
      const { requestId } = answer;
      const closings = closed.get(requestId) ?? [];
      const own = rows.filter((row) => row.requestId === requestId);
      return {
        requestId,
        outcome: closings[0]?.outcome ?? 'none',
        closings: closings.length,
        ledgerRows: own.length,
        amount: own[0]?.amount ?? '',
        currency: own[0]?.currency ?? '',
        charges: charged.filter((id) => id === requestId).length,
        auditRecords: recorded.filter((id) => id === requestId).length,
        isTextClosed: await isTextClosed(dependencies, answer, closings[0]),
      };
    }),
  );
  const { verified } = await verifyTenant(dependencies, tenant, { signal });
  return {
    answers: proofs,
    ledgerRows: rows.length,
    auditRecords: recorded.length,
    isChainVerified: verified,
  };
}

async function untilRecorded(
  dependencies: ProofDependencies,
  database: Database,
  tenant: string,
  requestIds: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { clock } = dependencies;
  for (;;) {
    const [rows, charged, recorded] = await Promise.all([
      database.select({ requestId: ledger.requestId }).from(ledger),
      subjectsOf(dependencies, 'BILLING', tenant),
      subjectsOf(dependencies, 'AUDIT', tenant),
    ]);
    const isEach = (ids: readonly string[]): boolean => requestIds.every((id) => ids.includes(id));
    if (isEach(rows.flatMap(({ requestId }) => requestId ?? [])) && isEach(charged) && isEach(recorded))
      return;
    await clock.sleep(pollMs, signal);
  }
}

/** The requests that the messages of a tenant are about, one for each message. */
async function subjectsOf(
  { bus, codec }: ProofDependencies,
  stream: 'BILLING' | 'AUDIT',
  tenant: string,
): Promise<readonly string[]> {
  const ids: string[] = [];
  if (stream === 'BILLING') {
    for await (const { payload } of bus.read(stream, subjects.charged(tenant)))
      ids.push(codec.decode('billing.charged', payload).request_id);
  } else {
    for await (const { payload } of bus.read(stream, subjects.recorded(tenant))) {
      const { kind, subject_id } = codec.decode('audit.recorded', payload);
      if (kind === 'request.closed') ids.push(subject_id);
    }
  }
  return ids;
}

/** The closings of a tenant by request. */
async function closingsOf(
  { bus, codec }: ProofDependencies,
  tenant: string,
): Promise<ReadonlyMap<string, readonly RequestClosed[]>> {
  const closings: RequestClosed[] = [];
  for await (const { payload } of bus.read('CLOSED', subjects.closed(tenant, '*')))
    closings.push(codec.decode('request.closed', payload));
  return Map.groupBy(closings, ({ request_id }) => request_id);
}

/** A closing has a digest of the text, since it holds no content. */
async function isTextClosed(
  { sealing }: ProofDependencies,
  { requestId, text }: GivenAnswer,
  closing: RequestClosed | undefined,
): Promise<boolean> {
  if (closing === undefined || closing.text_digest === null) return false;
  const box = await sealing.forUser(closing.tenant, closing.principal.user_id);
  const digest = openContent(box, requestId, 'digest', closing.text_digest);
  return isDeepStrictEqual(digest, typeof text === 'string' ? digestOf(text) : text.map(digestOf));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
