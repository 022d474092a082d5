import { eq } from '@millrace/store/sql';
import { organisations, quotas, type Transaction } from '@millrace/store';
import type { Place } from './actor.ts';
import type { ControlDependencies, Reading } from './control-dependencies.ts';
import { showMoment } from './moments.ts';
import { findNamedRows, updateNamedRow, type NamedChanges } from './named-rows.ts';
import { pageOf, type Page, type PageRequest } from './page.ts';
import { alreadyExists, notFound } from './refusals.ts';
import {
  changesSchema,
  nameIdSchema,
  nameSchema,
  nullable,
  shownMomentSchema,
  shownSchema,
} from './schemas.ts';

export const newOrganisationSchema = {
  title: 'NewOrganisation',
  type: 'object',
  required: ['id'],
  additionalProperties: false,
  properties: { id: nameIdSchema, name: { ...nameSchema, description: 'By default its id.' } },
} as const;

export const organisationChangesSchema = changesSchema('OrganisationChanges', {
  name: nameSchema,
});

export const organisationSchema = shownSchema('Organisation', {
  id: nameIdSchema,
  name: { type: 'string' },
  created_at: shownMomentSchema,
  suspended_at: nullable(shownMomentSchema),
  version: { type: 'integer' },
});

export interface NewOrganisation {
  readonly id: string;
  readonly name?: string;
}

export type OrganisationChanges = NamedChanges;

export interface ShownOrganisation {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly suspended_at: string | null;
  readonly version: number;
}

type Dependencies = Pick<ControlDependencies, 'database' | 'clock'>;

/** Creates an organisation, without limits. @throws `already_exists` */
export async function createOrganisation(
  { clock }: Pick<Dependencies, 'clock'>,
  transaction: Transaction,
  { id, name = id }: NewOrganisation,
): Promise<ShownOrganisation> {
  const [row] = await transaction
    .insert(organisations)
    .values({ id, name, createdAt: new Date(clock.now()) })
    .onConflictDoNothing()
    .returning();
  if (row === undefined) throw alreadyExists('organisation', id, 'id');
  await transaction.insert(quotas).values({ scope: 'organisation', subject: id }).onConflictDoNothing();
  return show(row);
}

/** @throws `resource_not_found` */
export async function findOrganisation({ database }: Reading, id: string): Promise<ShownOrganisation> {
  const [row] = await database.select().from(organisations).where(eq(organisations.id, id));
  if (row === undefined) throw notFound('organisation', 'organisation');
  return show(row);
}

/** The organisations within a view, by id. */
export async function listOrganisations(
  { database }: Pick<Dependencies, 'database'>,
  view: Place,
  page: PageRequest,
): Promise<Page<ShownOrganisation>> {
  const isSeen = view.organisation === undefined ? undefined : eq(organisations.id, view.organisation);
  const rows = await findNamedRows(database, 'organisation', isSeen, page);
  return pageOf(rows, page, show, ({ id }) => [id]);
}

/** @param version that the changes are based on; undefined: any. @throws `resource_not_found`, `version_conflict` */
export async function updateOrganisation(
  dependencies: Pick<Dependencies, 'clock'>,
  transaction: Transaction,
  id: string,
  changes: OrganisationChanges,
  version: number | undefined,
): Promise<ShownOrganisation> {
  return show(await updateNamedRow(dependencies, transaction, 'organisation', id, changes, version));
}

function show(row: typeof organisations.$inferSelect): ShownOrganisation {
  return {
    id: row.id,
    name: row.name,
    created_at: showMoment(row.createdAt),
    suspended_at: showMoment(row.suspendedAt),
    version: row.version,
  };
}
