import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '@millrace/control-plane';
import type { KeptAnswers } from '@millrace/jobs';
import { idempotencyKeyOf } from '@millrace/relay';
import { inTransaction, type Database, type Transaction } from '@millrace/store';

/** Does what creates something once for an Idempotency-Key, in one transaction with its answer. */
export function createOnce(database: Database, answers: Pick<KeptAnswers, 'once'>) {
  return async (
    request: FastifyRequest,
    actor: Actor,
    work: (transaction: Transaction) => Promise<object>,
  ): Promise<object> => {
    const key = idempotencyKeyOf(request);
    if (key === undefined) return inTransaction(database, work);
    let made: object | undefined;
    const { answer, isReplay } = await answers.once(
      { principal: actor, key: `admin ${actor.key_id} ${key}`, digest: digestOf(request) },
      async (transaction) => {
        made = await work(transaction);
        return { status: 201, body: withoutSecret(made) };
      },
    );
    return isReplay || made === undefined ? answer.body : made;
  };
}

/** A secret is shown once and kept nowhere. */
function withoutSecret(body: object): object {
  return 'secret' in body ? { ...body, secret: null } : body;
}

function digestOf({ method, url, body }: FastifyRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([method, url, body ?? null]))
    .digest('base64');
}
