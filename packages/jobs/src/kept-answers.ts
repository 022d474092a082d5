import { createHash } from 'node:crypto';
import { and, eq, isNull, sql } from '@millrace/store/sql';
import { idempotencyScope, type GatewayPrincipal } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import type { Sealing, SealingBox } from '@millrace/sealing';
import { inTransaction, keptAnswers, onConnection, type Transaction } from '@millrace/store';
import type { JobDependencies } from './job-dependencies.ts';
import { keptUntil } from './kept-until.ts';
import { openJson, sealJson } from './sealed-json.ts';

/** An answer as it went out the first time. */
export interface KeptAnswer {
  readonly status: number;
  readonly body: object;
}

/** A request with an idempotency key. */
export interface KeyedRequest {
  readonly principal: GatewayPrincipal;
  readonly key: string;
}

/** An answer, and whether it was given before. */
export interface GivenOnce {
  readonly answer: KeptAnswer;
  readonly isReplay: boolean;
}

/** A key that is held by this request until it is answered. */
export interface HeldKey {
  /** Keeps the answer, as part of the transaction that makes it true. */
  answer(transaction: Transaction, digest: string, answer: KeptAnswer): Promise<void>;
  /** Gives the key back: the request came to nothing. */
  giveBack(): Promise<void>;
}

/** Answers that are kept for those who send the same request again. All methods throw `database_unavailable`. */
export interface KeptAnswers {
  /**
   * Does the work once for a key, in one transaction with its answer; who comes meanwhile waits for it.
   *
   * @param digest of the request
   * @throws `idempotency_key_reused`, and what the work throws: then the key is free again
   */
  once(
    request: KeyedRequest & { readonly digest: string },
    work: (transaction: Transaction) => Promise<KeptAnswer>,
  ): Promise<GivenOnce>;
  /**
   * Holds a key for a request whose digest is known only at its end.
   *
   * @returns the key, or, where the request was answered, a look at the answer
   * @throws `idempotency_key_in_use`
   */
  hold(request: KeyedRequest): Promise<HeldKey | ((digest: string) => KeptAnswer)>;
}

const keptMs = 24 * 60 * 60_000;
/** Longer than a request can take. */
const heldMs = 15 * 60_000;

const nameOf = ({ principal, key }: KeyedRequest): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([principal.tenant, idempotencyScope(principal) ?? null, key]))
    .digest();

const keep = async (
  transaction: Transaction,
  box: SealingBox,
  name: Buffer,
  digest: string,
  { status, body }: KeptAnswer,
): Promise<void> => {
  const place = name.toString('hex');
  await transaction
    .update(keptAnswers)
    .set({
      digest: box.seal(Buffer.from(digest), `${place}:digest`),
      status,
      answer: sealJson(box, `${place}:answer`, body),
    })
    .where(eq(keptAnswers.key, name));
};

/** @throws `idempotency_key_in_use` */
const look = async (
  transaction: Transaction,
  sealing: Sealing,
  name: Buffer,
): Promise<(digest: string) => KeptAnswer> => {
  const place = name.toString('hex');
  const [row] = await transaction.select().from(keptAnswers).where(eq(keptAnswers.key, name));
  if (row === undefined || row.digest === null || row.status === null || row.answer === null) {
    throw new MillraceError(
      'idempotency_key_in_use',
      'The request of this idempotency key is being worked on.',
      { param: 'Idempotency-Key', retryAfterMs: 1_000 },
    );
  }
  const { tenant, user, digest, status, answer } = row;
  const box = await sealing.forUser(tenant, user);
  const known = Buffer.from(box.open(digest, `${place}:digest`)).toString('utf8');
  const body = openJson(box, `${place}:answer`, answer) as object;
  return (asked) => {
    if (asked === known) return { status, body };
    throw new MillraceError('idempotency_key_reused', 'The idempotency key was used for another request.', {
      param: 'Idempotency-Key',
    });
  };
};

export function createKeptAnswers({ database, sealing, clock }: JobDependencies): KeptAnswers {
  /** @returns whether the key is this request's now */
  const claim = async (
    transaction: Transaction,
    name: Buffer,
    { tenant, user_id: user }: GatewayPrincipal,
  ): Promise<boolean> => {
    const now = clock.now();
    const values = {
      tenant,
      user,
      digest: null,
      status: null,
      answer: null,
      createdAt: new Date(now),
      leaseUntil: new Date(now + heldMs),
      expiresAt: keptUntil('answers', tenant, new Date(now), keptMs),
    };
    const moment = sql`${new Date(now).toISOString()}::timestamptz`;
    const claimed = await transaction
      .insert(keptAnswers)
      .values({ key: name, ...values })
      .onConflictDoUpdate({
        target: keptAnswers.key,
        set: values,
        setWhere: sql`${keptAnswers.expiresAt} < ${moment} or (${keptAnswers.status} is null and ${keptAnswers.leaseUntil} < ${moment})`,
      })
      .returning({ tenant: keptAnswers.tenant });
    return claimed.length > 0;
  };

  return {
    async once(request, work) {
      const name = nameOf(request);
      const { tenant, user_id: user } = request.principal;
      const box = await sealing.forUser(tenant, user);
      return inTransaction(database, async (transaction) => {
        if (!(await claim(transaction, name, request.principal)))
          return { answer: (await look(transaction, sealing, name))(request.digest), isReplay: true };
        const answer = await work(transaction);
        await keep(transaction, box, name, request.digest, answer);
        return { answer, isReplay: false };
      });
    },

    async hold(request) {
      const name = nameOf(request);
      const { tenant, user_id: user } = request.principal;
      const box = await sealing.forUser(tenant, user);
      return inTransaction(database, async (transaction) => {
        if (!(await claim(transaction, name, request.principal))) return look(transaction, sealing, name);
        return {
          answer: (later, digest, answer) => keep(later, box, name, digest, answer),
          async giveBack() {
            await onConnection(database, (connection) =>
              connection
                .delete(keptAnswers)
                .where(and(eq(keptAnswers.key, name), isNull(keptAnswers.status))),
            );
          },
        };
      });
    },
  };
}
