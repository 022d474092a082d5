import { and, asc, eq, gt, sql } from '@millrace/store/sql';
import { MillraceError } from '@millrace/runtime';
import { trainingExamples } from '@millrace/store';
import type { PersonalDataDependencies } from '../data-subject.ts';
import type { TrainingExample } from './mask-example.ts';

/** A request whose client has consented that it is kept, without what it says. */
export interface ConsentedRequest {
  readonly requestId: string;
  /** The model that it was asked of. */
  readonly model: string;
  readonly createdAt: Date;
  /** Until then it may be used. */
  readonly expiresAt: Date;
}

/** Where a page begins behind. */
export interface ConsentedPlace {
  readonly createdAt: Date;
  readonly requestId: string;
}

const columns = {
  requestId: trainingExamples.requestId,
  model: trainingExamples.model,
  createdAt: trainingExamples.createdAt,
  expiresAt: trainingExamples.expiresAt,
};

/** The requests of a tenant that are kept by consent, the oldest first. @throws `database_unavailable` */
export async function listConsentedRequests(
  { database, clock }: Pick<PersonalDataDependencies, 'database' | 'clock'>,
  { tenant, model }: { readonly tenant: string; readonly model?: string | undefined },
  { after, limit }: { readonly after?: ConsentedPlace | undefined; readonly limit: number },
): Promise<readonly ConsentedRequest[]> {
  return database
    .select(columns)
    .from(trainingExamples)
    .where(
      and(
        eq(trainingExamples.tenant, tenant),
        gt(trainingExamples.expiresAt, new Date(clock.now())),
        model === undefined ? undefined : eq(trainingExamples.model, model),
        after === undefined
          ? undefined
          : sql`(${trainingExamples.createdAt}, ${trainingExamples.requestId}) > (${after.createdAt.toISOString()}::timestamptz, ${after.requestId}::uuid)`,
      ),
    )
    .orderBy(asc(trainingExamples.createdAt), asc(trainingExamples.requestId))
    .limit(limit);
}

/**
 * What a request said and was answered, if it may still be used.
 *
 * @returns undefined where there is no consent, or none any more, or its user was erased
 * @throws `database_unavailable`, `decryption_failed`
 */
export async function findConsentedRequest(
  { database, sealing, clock }: Pick<PersonalDataDependencies, 'database' | 'sealing' | 'clock'>,
  tenant: string,
  requestId: string,
): Promise<(ConsentedRequest & TrainingExample) | undefined> {
  const [row] = await database
    .select()
    .from(trainingExamples)
    .where(
      and(
        eq(trainingExamples.requestId, requestId),
        eq(trainingExamples.tenant, tenant),
        gt(trainingExamples.expiresAt, new Date(clock.now())),
      ),
    );
  if (row === undefined) return undefined;
  const box = await sealing.forUser(row.tenant, row.user);
  try {
    const opened = Buffer.from(box.open(row.content, `${requestId}:example`)).toString('utf8');
    const { messages, tools } = JSON.parse(opened) as TrainingExample;
    const { model, createdAt, expiresAt } = row;
    return { requestId, model, createdAt, expiresAt, messages, ...(tools === undefined ? {} : { tools }) };
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'key_erased') return undefined;
    throw error;
  }
}
