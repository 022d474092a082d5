import { and, asc, eq, sql, type SQL } from '@millrace/store/sql';
import { MillraceError } from '@millrace/runtime';
import { identityProviders, onConnection, type Database, type Transaction } from '@millrace/store';
import { readIdentityProvider, type IdentityProvider } from './identity-provider.ts';

/** An identity provider as it is kept. */
export interface StoredIdentityProvider extends Required<IdentityProvider> {
  /** Stands for the issuer where a URL cannot: `idp_` and 32 hexadecimal digits of its hash. */
  readonly id: string;
  readonly createdAt: Date;
  /** Null: its tokens are accepted. */
  readonly disabledAt: Date | null;
  /** Counts changes. */
  readonly version: number;
}

/** What of an identity provider can be changed. */
export type IdentityProviderChanges = Partial<
  Pick<IdentityProvider, 'audiences' | 'jwks_uri' | 'algorithms' | 'claims'>
>;

const id = sql<string>`'idp_' || left(encode(sha256(convert_to(${identityProviders.issuer}, 'UTF8')), 'hex'), 32)`;

const columns = {
  id,
  issuer: identityProviders.issuer,
  organisation: identityProviders.organisation,
  audiences: identityProviders.audiences,
  jwks_uri: identityProviders.jwksUri,
  algorithms: sql<Required<IdentityProvider>['algorithms']>`${identityProviders.algorithms}`,
  claims: sql<IdentityProvider['claims']>`${identityProviders.claims}`,
  createdAt: identityProviders.createdAt,
  disabledAt: identityProviders.disabledAt,
  version: identityProviders.version,
};

/** Those of an organisation, or all, in the order of their issuers. @throws `database_unavailable` */
export function listIdentityProviders(
  database: Database,
  organisation: string | undefined,
): Promise<readonly StoredIdentityProvider[]> {
  const matches = organisation === undefined ? undefined : eq(identityProviders.organisation, organisation);
  return onConnection(database, (connection) => select(connection, matches));
}

/** The one of this id. */
export async function findIdentityProvider(
  database: Pick<Transaction, 'select'>,
  provider: string,
): Promise<StoredIdentityProvider | undefined> {
  const [found] = await select(database, eq(id, provider));
  return found;
}

function select(
  connection: Pick<Transaction, 'select'>,
  matches: SQL | undefined,
): Promise<StoredIdentityProvider[]> {
  return connection
    .select(columns)
    .from(identityProviders)
    .where(matches)
    .orderBy(asc(identityProviders.issuer));
}

/** Adds one. The organisation has to be there. @throws `already_exists` where its issuer is known, whosever it is */
export async function addIdentityProvider(
  transaction: Transaction,
  { issuer, organisation, audiences, jwks_uri: jwksUri, algorithms, claims }: IdentityProvider,
): Promise<StoredIdentityProvider> {
  const [added] = await transaction
    .insert(identityProviders)
    .values({
      issuer,
      organisation,
      audiences: [...audiences],
      jwksUri,
      algorithms: [...(algorithms ?? ['RS256', 'ES256'])],
      claims,
    })
    .onConflictDoNothing()
    .returning(columns);
  if (added !== undefined) return added;
  throw new MillraceError(
    'already_exists',
    `There is an identity provider ${JSON.stringify(issuer)} already.`,
    {
      param: 'issuer',
    },
  );
}

/**
 * Changes one; what is left out stays as it is.
 *
 * @param version that it is based on; undefined: any
 * @throws `version_conflict`, `invalid_value`
 */
export async function changeIdentityProvider(
  transaction: Transaction,
  present: StoredIdentityProvider,
  changes: IdentityProviderChanges,
  { version, allowsPrivate }: { readonly version: number | undefined; readonly allowsPrivate: boolean },
): Promise<StoredIdentityProvider> {
  const { issuer, organisation, audiences, jwks_uri: jwks, algorithms, claims } = present;
  const wanted = { issuer, organisation, audiences, jwks_uri: jwks, algorithms, claims, ...changes };
  const { jwks_uri: jwksUri } = readIdentityProvider(wanted, allowsPrivate);
  const isVersion = version === undefined ? undefined : eq(identityProviders.version, version);
  const [changed] = await transaction
    .update(identityProviders)
    .set({
      audiences: [...wanted.audiences],
      jwksUri,
      algorithms: [...wanted.algorithms],
      claims: wanted.claims,
      version: sql`${identityProviders.version} + 1`,
    })
    .where(and(eq(identityProviders.issuer, issuer), isVersion))
    .returning(columns);
  if (changed !== undefined) return changed;
  throw new MillraceError(
    'version_conflict',
    'The identity provider was changed since it was read. Read it again.',
    { param: 'If-Match' },
  );
}
