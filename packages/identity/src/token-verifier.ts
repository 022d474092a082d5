import { and, eq } from '@millrace/store/sql';
import type { VerifiedPrincipal } from '@millrace/contracts';
import type { Clock, IdGenerator, Logger } from '@millrace/runtime';
import {
  identityProviders,
  memberships,
  onConnection,
  organisations,
  quotas,
  tenants,
  type Database,
} from '@millrace/store';
import { checkToken, clockSkewMs, type CheckedClaims } from './check-token.ts';
import { mostRoles, projectOf, readClaimsMapping, rolesOf, type ClaimsMapping } from './claims-mapping.ts';
import type { FetchKeySet } from './fetch-key-set.ts';
import { createKeySets } from './key-sets.ts';
import { entryDenied, tokenRefused } from './refusal.ts';
import { claimedIssuer } from './token.ts';
import { findTokenUser, makeTokenUser, type TokenUser } from './token-user.ts';

export interface TokenVerifierDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nextId: IdGenerator;
  readonly fetchKeySet: FetchKeySet;
  /** Requests in flight of a principal whose project has no limit. */
  readonly unlimitedInFlight: number;
}

/** Finds out who a token of an identity provider stands for. */
export interface TokenVerifier {
  /**
   * @throws `invalid_api_key` for a token that proves nothing; `permission_denied` for someone who is known and may not get in;
   *   `unavailable`, `database_unavailable` when nobody can say
   */
  verify(token: string): Promise<VerifiedPrincipal>;
}

type ProviderRow = typeof identityProviders.$inferSelect;

export function createTokenVerifier(dependencies: TokenVerifierDependencies): TokenVerifier {
  const { database, clock } = dependencies;
  const keySets = createKeySets(dependencies);

  return {
    async verify(token) {
      const issuer = claimedIssuer(token);
      const provider = issuer === undefined ? undefined : await findProvider(database, issuer);
      if (provider === undefined || provider.disabledAt !== null)
        throw tokenRefused('The token is not valid.');
      const claims = await checkToken({ keySets, clock }, token, provider);
      const mapping = readClaimsMapping(provider.claims);
      const project = await projectBehind(database, provider, mapping, claims);
      const user = await userOf(dependencies, provider, mapping, claims);
      return principalOf(provider, mapping, claims, user, project, {
        held: await rolesHeld(database, user, project.id),
        unlimitedInFlight: dependencies.unlimitedInFlight,
      });
    },
  };
}

async function findProvider(database: Database, issuer: string): Promise<ProviderRow | undefined> {
  const [row] = await onConnection(database, (connection) =>
    connection.select().from(identityProviders).where(eq(identityProviders.issuer, issuer)),
  );
  return row;
}

async function userOf(
  { database, nextId }: TokenVerifierDependencies,
  { issuer, organisation }: ProviderRow,
  mapping: ClaimsMapping,
  claims: CheckedClaims,
): Promise<TokenUser> {
  const source = { issuer, subject: claims.sub };
  const found = await findTokenUser(database, source);
  // Who would have no role leaves no trace.
  const isMade = found === undefined && mapping.create_users === true && rolesOf(mapping, claims).length > 0;
  const user = isMade ? await makeTokenUser(database, nextId, { ...source, organisation }) : found;
  if (user === undefined || user.organisation !== organisation)
    throw entryDenied('The user of the token is not known here.');
  if (user.disabledAt !== null) throw entryDenied('The user of the token is disabled.');
  return user;
}

interface Project {
  readonly id: string;
  readonly maxInFlight: number | null;
}

/** A project of the provider's own organisation: what another organisation has is as if it were not there. */
async function projectBehind(
  database: Database,
  { organisation }: ProviderRow,
  mapping: ClaimsMapping,
  claims: CheckedClaims,
): Promise<Project> {
  const id = projectOf(mapping, claims);
  if (id === undefined) throw entryDenied('The token names no project.');
  const [row] = isLookedUp(id)
    ? await onConnection(database, (connection) =>
        connection
          .select({
            id: tenants.id,
            suspendedAt: tenants.suspendedAt,
            organisationSuspendedAt: organisations.suspendedAt,
            maxInFlight: quotas.maxInFlight,
          })
          .from(tenants)
          .innerJoin(organisations, eq(organisations.id, tenants.organisation))
          .leftJoin(quotas, and(eq(quotas.scope, 'project'), eq(quotas.subject, tenants.id)))
          .where(and(eq(tenants.id, id), eq(tenants.organisation, organisation))),
      )
    : [];
  if (row === undefined) throw entryDenied('The project that the token names does not exist.');
  if (row.suspendedAt !== null || row.organisationSuspendedAt !== null)
    throw entryDenied('The project that the token names is suspended.');
  return row;
}

/** A database takes not every text. */
function isLookedUp(id: string): boolean {
  return id.length <= 256 && id.isWellFormed() && !/\p{Cc}/u.test(id);
}

/** Roles of the user's memberships: in the project, and in all of the organisation. */
interface HeldRoles {
  readonly inProject: readonly string[];
  readonly everywhere: readonly string[];
}

const allProjects = '*';

async function rolesHeld(database: Database, user: TokenUser, project: string): Promise<HeldRoles> {
  const rows = await onConnection(database, (connection) =>
    connection.select().from(memberships).where(eq(memberships.user, user.id)),
  );
  const of = (tenant: string) => rows.filter((row) => row.tenant === tenant).map(({ role }) => role);
  return { inProject: of(project), everywhere: of(allProjects) };
}

function principalOf(
  { issuer, organisation }: ProviderRow,
  mapping: ClaimsMapping,
  claims: CheckedClaims,
  user: TokenUser,
  project: Project,
  { held, unlimitedInFlight }: { readonly held: HeldRoles; readonly unlimitedInFlight: number },
): VerifiedPrincipal {
  const most = mostRoles(mapping.roles);
  const named = rolesOf(mapping, claims);
  const roles = [...new Set([...named, ...held.inProject, ...held.everywhere])].filter((role) =>
    most.has(role),
  );
  if (roles.length === 0) throw entryDenied('The token stands for no role here.');
  const wide = new Set<string>([...held.everywhere, ...(mapping.reach === 'organisation' ? named : [])]);
  return {
    tenant: project.id,
    organisation,
    key_id: keyIdOfUser(user.id),
    user_id: user.id,
    roles,
    // A reach is that of all roles: one of the project alone must not get further with another.
    reach: roles.every((role) => wide.has(role)) ? 'organisation' : 'project',
    scopes: mapping.scopes ?? null,
    allowed_models: mapping.allowed_models ?? null,
    allowed_addresses: mapping.allowed_addresses ?? null,
    expires_at: claims.exp * 1_000 + clockSkewMs,
    max_in_flight: project.maxInFlight ?? unlimitedInFlight,
    issuer,
  };
}

/** What stands for the key of a user who has none: the same for all tokens of the user. */
function keyIdOfUser(userId: string): string {
  return userId.replace(/^usr_/, 'sso_');
}
