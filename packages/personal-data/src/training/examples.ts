import { and, eq, gt } from '@millrace/store/sql';
import { MillraceError } from '@millrace/runtime';
import { trainingExamples, type Transaction } from '@millrace/store';
import { belongsTo, type DataSubject, type PersonalDataDependencies } from '../data-subject.ts';
import { rowsOf } from '../export/pages.ts';

/**
 * The training examples of a tenant as JSON Lines in the chat format for fine-tuning: `{"messages": […], "tools"?: […]}` each. Those
 * whose user was erased are left out.
 *
 * @param filter those of one model alone
 * @throws while iterating: `database_unavailable`, the signal's reason
 */
export async function* exportExamples(
  { database, sealing, clock }: Pick<PersonalDataDependencies, 'database' | 'sealing' | 'clock'>,
  { tenant, model }: { readonly tenant: string; readonly model?: string | undefined },
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const matches = and(
    eq(trainingExamples.tenant, tenant),
    gt(trainingExamples.expiresAt, new Date(clock.now())),
    model === undefined ? undefined : eq(trainingExamples.model, model),
  );
  for await (const row of rowsOf(database, trainingExamples, trainingExamples.requestId, matches)) {
    signal.throwIfAborted();
    const box = await sealing.forUser(row.tenant, row.user);
    try {
      yield `${Buffer.from(box.open(row.content, `${row.requestId}:example`)).toString('utf8')}\n`;
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'key_erased')) throw error;
    }
  }
}

/**
 * Withdraws the consent: removes the examples of a tenant or user, or the one of a request.
 *
 * @returns how many
 */
export async function withdrawExamples(
  transaction: Transaction,
  subject: DataSubject & { readonly requestId?: string | undefined },
): Promise<number> {
  const { requestId } = subject;
  const ofRequest = requestId === undefined ? undefined : eq(trainingExamples.requestId, requestId);
  const removed = await transaction
    .delete(trainingExamples)
    .where(and(belongsTo(subject, trainingExamples), ofRequest))
    .returning({ id: trainingExamples.requestId });
  return removed.length;
}
