import { and, asc, eq, gt, sql } from '@millrace/store/sql';
import { apiKeys, quotas, users, type Transaction } from '@millrace/store';
import type { SealingBox } from '@millrace/sealing';
import type { Place } from './actor.ts';
import { noteChanges } from './control-changes.ts';
import type { ControlDependencies, Reading } from './control-dependencies.ts';
import { showMoment } from './moments.ts';
import { pageOf, placeIn, type Page, type PageRequest } from './page.ts';
import { notFound, requireUpdated } from './refusals.ts';
import {
  changesSchema,
  nameIdSchema,
  nameSchema,
  nullable,
  shownMomentSchema,
  shownSchema,
  userIdSchema,
} from './schemas.ts';

const emailSchema = {
  type: 'string',
  pattern: '^[^\\s@\\p{Cc}\\p{Cs}]{1,64}@[^\\s@\\p{Cc}\\p{Cs}]{1,190}$',
  description: 'An address of e-mail.',
  'x-content': true,
} as const;
const personNameSchema = { ...nameSchema, 'x-content': true } as const;
const kindSchema = { enum: ['person', 'service'], description: 'A person, or a program.' } as const;

export const newUserSchema = {
  title: 'NewUser',
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: personNameSchema,
    email: emailSchema,
    kind: { ...kindSchema, default: 'person' },
    organisation: { ...nameIdSchema, description: 'By default that of the API key.' },
  },
} as const;

export const userChangesSchema = changesSchema('UserChanges', {
  name: personNameSchema,
  email: nullable(emailSchema),
  disabled: { type: 'boolean', description: 'While it is, none of its keys is good for anything.' },
});

export const userSchema = shownSchema('User', {
  id: userIdSchema,
  organisation: nameIdSchema,
  kind: kindSchema,
  name: { type: ['string', 'null'], description: 'Null once the user was erased.' },
  email: { type: ['string', 'null'] },
  created_at: shownMomentSchema,
  disabled_at: nullable(shownMomentSchema),
  version: { type: 'integer' },
});

export interface NewUser {
  readonly name: string;
  readonly email?: string;
  readonly kind?: 'person' | 'service';
}

export interface UserChanges {
  readonly name?: string;
  readonly email?: string | null;
  readonly disabled?: boolean;
}

export interface ShownUser {
  readonly id: string;
  readonly organisation: string;
  readonly kind: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly created_at: string;
  readonly disabled_at: string | null;
  readonly version: number;
}

/** What is known of a person; sealed. */
interface Profile {
  readonly name: string;
  readonly email: string | null;
}

type Dependencies = Pick<ControlDependencies, 'database' | 'sealing' | 'clock' | 'nextId'>;
type UserRow = typeof users.$inferSelect;

/** Under the key of the organisation: no tenant's id has a slash. */
const boxOf = ({ sealing }: Pick<Dependencies, 'sealing'>, organisation: string): Promise<SealingBox> =>
  sealing.forTenant(`organisation/${organisation}`);

/** Creates a user of an organisation that is there. */
export async function createUser(
  dependencies: Pick<Dependencies, 'sealing' | 'clock' | 'nextId'>,
  transaction: Transaction,
  organisation: string,
  { name, email, kind = 'person' }: NewUser,
): Promise<ShownUser> {
  const { clock, nextId } = dependencies;
  const id = `usr_${nextId().replaceAll('-', '')}`;
  const box = await boxOf(dependencies, organisation);
  const profile = seal(box, id, { name, email: email ?? null });
  const [row] = await transaction
    .insert(users)
    .values({ id, organisation, kind, profile, createdAt: new Date(clock.now()) })
    .returning();
  await transaction.insert(quotas).values({ scope: 'user', subject: id });
  return show(requireUpdated(row, 'user', 'user', undefined), box);
}

/** @throws `resource_not_found` */
export async function findUser(
  dependencies: Reading & Pick<Dependencies, 'sealing'>,
  id: string,
): Promise<ShownUser> {
  const [row] = await dependencies.database.select().from(users).where(eq(users.id, id));
  if (row === undefined) throw notFound('user', 'user');
  return show(row, await boxOf(dependencies, row.organisation));
}

/** Where a user belongs. @throws `resource_not_found` */
export async function placeOfUser({ database }: Pick<Dependencies, 'database'>, id: string): Promise<Place> {
  const [row] = await database
    .select({ organisation: users.organisation })
    .from(users)
    .where(eq(users.id, id));
  if (row === undefined) throw notFound('user', 'user');
  return { organisation: row.organisation, tenant: undefined };
}

/** The users within a view, by id, which is in the order of their making. */
export async function listUsers(
  dependencies: Pick<Dependencies, 'database' | 'sealing'>,
  { organisation }: Place,
  page: PageRequest,
): Promise<Page<ShownUser>> {
  const [after] = placeIn(page.cursor, 1) ?? [];
  const rows = await dependencies.database
    .select()
    .from(users)
    .where(
      and(
        organisation === undefined ? undefined : eq(users.organisation, organisation),
        after === undefined ? undefined : gt(users.id, after),
      ),
    )
    .orderBy(asc(users.id))
    .limit(page.limit + 1);
  const { data, ...rest } = pageOf(
    rows,
    page,
    (row) => row,
    ({ id }) => [id],
  );
  const shown = data.map(async (row) => show(row, await boxOf(dependencies, row.organisation)));
  return { ...rest, data: await Promise.all(shown) };
}

/**
 * Changes a user. One who is disabled has no key that is good for anything; gateways are told with the next `publishControlChanges`.
 *
 * @param version that the changes are based on; undefined: any
 * @throws `resource_not_found`, `version_conflict`
 */
export async function updateUser(
  dependencies: Pick<Dependencies, 'sealing' | 'clock'>,
  transaction: Transaction,
  id: string,
  { name, email, disabled }: UserChanges,
  version: number | undefined,
): Promise<ShownUser> {
  const { clock } = dependencies;
  const [present] = await transaction.select().from(users).where(eq(users.id, id)).for('update');
  const isExpected = version === undefined || present?.version === version;
  const found = requireUpdated(isExpected ? present : undefined, 'user', 'user', present?.version);
  const box = await boxOf(dependencies, found.organisation);
  const before = open(box, found);
  const profile =
    name === undefined && email === undefined
      ? found.profile
      : seal(box, id, {
          name: name ?? before?.name ?? id,
          email: email === undefined ? (before?.email ?? null) : email,
        });
  const disabledAt = disabled === undefined ? found.disabledAt : disabled ? new Date(clock.now()) : null;
  const [row] = await transaction
    .update(users)
    .set({ profile, disabledAt, version: sql`${users.version} + 1` })
    .where(eq(users.id, id))
    .returning();
  if (disabled !== undefined) {
    const keys = await transaction.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.user, id));
    await noteChanges(
      transaction,
      'key',
      keys.map((key) => key.id),
    );
  }
  return show(requireUpdated(row, 'user', 'user', undefined), box);
}

const seal = (box: SealingBox, id: string, profile: Profile): Uint8Array =>
  box.seal(Buffer.from(JSON.stringify(profile), 'utf8'), `${id}:profile`);

function open(box: SealingBox, { id, profile }: UserRow): Profile | undefined {
  if (profile === null) return undefined;
  return JSON.parse(Buffer.from(box.open(profile, `${id}:profile`)).toString('utf8')) as Profile;
}

function show(row: UserRow, box: SealingBox): ShownUser {
  const profile = open(box, row);
  return {
    id: row.id,
    organisation: row.organisation,
    kind: row.kind,
    name: profile?.name ?? null,
    email: profile?.email ?? null,
    created_at: showMoment(row.createdAt),
    disabled_at: showMoment(row.disabledAt),
    version: row.version,
  };
}
