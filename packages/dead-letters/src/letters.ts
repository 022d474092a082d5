import { and, asc, eq, gt, gte, inArray, lt, lte } from '@millrace/store/sql';
import {
  notFound,
  pageOf,
  placeIn,
  platformPlace,
  readMoment,
  wrongCursor,
  type Page,
  type PageRequest,
  type Place,
  type Reading,
} from '@millrace/control-plane';
import { deadLetters, tenants } from '@millrace/store';
import { replayKindOf, type LetterRow } from './replay-kind.ts';

export const letterStatuses = ['open', 'replaying', 'replayed', 'discarded'] as const;
export type LetterStatus = (typeof letterStatuses)[number];

/** Statuses of what somebody has yet to decide on, or to carry out. */
export const unresolved: readonly LetterStatus[] = ['open', 'replaying'];

/** A dead letter as it is listed. Moments are ISO 8601. */
export interface ShownLetter {
  readonly id: string;
  readonly status: string;
  readonly stage: string;
  readonly tenant: string | null;
  readonly request_id: string | null;
  readonly code: string;
  readonly reason: string;
  readonly died_at: string;
  readonly stream: string;
  readonly subject: string;
  readonly sequence: number;
  readonly deliveries: number;
  readonly replay: string;
  readonly replays: number;
  readonly replayed_as: string | null;
  readonly failure: string | null;
  readonly decided_at: string | null;
  readonly decided_by: string | null;
  readonly discard_reason: string | null;
}

/** Which letters. */
export interface LetterFilter {
  readonly stage?: string | undefined;
  /** The error code. */
  readonly code?: string | undefined;
  /** By default those that nobody has decided on, and those that are being replayed. */
  readonly status?: LetterStatus | 'all' | undefined;
  /** Died then or later. */
  readonly from?: string | undefined;
  /** Died before. */
  readonly to?: string | undefined;
  readonly request?: string | undefined;
}

/** What belongs to no tenant, or to none that is known, is the platform's. @throws `resource_not_found` */
export async function placeOfLetter({ database }: Reading, id: string): Promise<Place> {
  const [found] = await database
    .select({ letter: deadLetters, organisation: tenants.organisation })
    .from(deadLetters)
    .leftJoin(tenants, eq(tenants.id, deadLetters.tenant))
    .where(eq(deadLetters.id, Number(id)));
  if (found === undefined) throw noSuchLetter();
  const { tenant } = found.letter;
  if (tenant === null || found.organisation === null) return platformPlace;
  return { organisation: found.organisation, tenant };
}

/** @throws `resource_not_found` */
export async function findLetter({ database }: Reading, id: string): Promise<LetterRow> {
  const [row] = await database
    .select()
    .from(deadLetters)
    .where(eq(deadLetters.id, Number(id)));
  if (row === undefined) throw noSuchLetter();
  return row;
}

export function noSuchLetter(): Error {
  return notFound('dead letter', 'letter');
}

/** The dead letters within a view, the oldest first. @throws `invalid_value` for moments that are none, or a cursor of another list */
export async function listLetters(
  { database }: Reading,
  { organisation, tenant }: Place,
  page: PageRequest & LetterFilter,
): Promise<Page<ShownLetter>> {
  const [after] = placeIn(page.cursor, 1) ?? [];
  if (after !== undefined && !/^\d{1,15}$/.test(after)) throw wrongCursor();
  const { status = 'open' } = page;
  const statuses = status === 'open' ? unresolved : [status];
  const rows = await database
    .select({ letter: deadLetters })
    .from(deadLetters)
    .leftJoin(tenants, eq(tenants.id, deadLetters.tenant))
    .where(
      and(
        organisation === undefined ? undefined : eq(tenants.organisation, organisation),
        tenant === undefined ? undefined : eq(deadLetters.tenant, tenant),
        status === 'all' ? undefined : inArray(deadLetters.status, [...statuses]),
        page.stage === undefined ? undefined : eq(deadLetters.stage, page.stage),
        page.code === undefined ? undefined : eq(deadLetters.code, page.code),
        page.request === undefined ? undefined : eq(deadLetters.requestId, page.request),
        page.from === undefined ? undefined : gte(deadLetters.diedAt, readMoment(page.from, 'from')),
        page.to === undefined ? undefined : lt(deadLetters.diedAt, readMoment(page.to, 'to')),
        after === undefined ? undefined : gt(deadLetters.id, Number(after)),
      ),
    )
    .orderBy(asc(deadLetters.id))
    .limit(page.limit + 1);
  return pageOf(
    rows,
    page,
    ({ letter }) => showLetter(letter),
    ({ letter }) => [String(letter.id)],
  );
}

export function showLetter(row: LetterRow): ShownLetter {
  return {
    id: String(row.id),
    status: row.status,
    stage: row.stage,
    tenant: row.tenant,
    request_id: row.requestId,
    code: row.code,
    reason: row.reason,
    died_at: row.diedAt.toISOString(),
    stream: row.stream,
    subject: row.subject,
    sequence: row.sequence,
    deliveries: row.deliveryCount,
    replay: replayKindOf(row),
    replays: row.replays,
    replayed_as: row.replayRequestId,
    failure: row.failure,
    decided_at: row.decidedAt?.toISOString() ?? null,
    decided_by: row.decidedBy,
    discard_reason: row.discardReason,
  };
}

/** Forgets letters that are gone from their stream. @returns how many @throws `database_unavailable` */
export async function forgetLetters({ database }: Reading, before: Date): Promise<number> {
  const gone = await database
    .delete(deadLetters)
    .where(lte(deadLetters.diedAt, before))
    .returning({ id: deadLetters.id });
  return gone.length;
}
