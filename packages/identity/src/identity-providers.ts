import { eq, sql } from '@millrace/store/sql';
import {
  identityProviders,
  onConnection,
  organisations,
  type Database,
  type Transaction,
} from '@millrace/store';
import { MillraceError } from '@millrace/runtime';
import type { IdentityProvider } from './identity-provider.ts';

/** Adds an identity provider, or changes the one of this issuer; one of another organisation stays as it is.
 *
 * @throws `conflicting_values` when the issuer belongs to another organisation; `invalid_value` when there is no such organisation
 */
export async function putIdentityProvider(database: Database, provider: IdentityProvider): Promise<void> {
  const { issuer, organisation, jwks_uri: jwksUri, claims } = provider;
  const row = {
    audiences: [...provider.audiences],
    jwksUri,
    algorithms: [...(provider.algorithms ?? ['RS256', 'ES256'])],
    claims,
  };
  await onConnection(database, async (connection) => {
    const [owner] = await connection.select().from(organisations).where(eq(organisations.id, organisation));
    if (owner === undefined)
      throw new MillraceError('invalid_value', `There is no organisation ${JSON.stringify(organisation)}.`, {
        param: 'organisation',
      });
    const written = await connection
      .insert(identityProviders)
      .values({ issuer, organisation, ...row })
      .onConflictDoUpdate({
        target: identityProviders.issuer,
        set: { ...row, version: sql`${identityProviders.version} + 1` },
        setWhere: eq(identityProviders.organisation, organisation),
      })
      .returning({ issuer: identityProviders.issuer });
    if (written.length === 0)
      throw new MillraceError('conflicting_values', 'The issuer is that of another organisation.', {
        param: 'issuer',
      });
  });
}

/**
 * Has the tokens of an issuer refused, or accepted again. Auth-quota tells the gateways within a second.
 *
 * @returns whether there is such an issuer
 */
export async function setIdentityProviderDisabled(
  database: Pick<Transaction, 'update'>,
  issuer: string,
  disabledAt: Date | null,
): Promise<boolean> {
  const changed = await database
    .update(identityProviders)
    .set({ disabledAt, version: sql`${identityProviders.version} + 1` })
    .where(eq(identityProviders.issuer, issuer))
    .returning({ issuer: identityProviders.issuer });
  return changed.length > 0;
}
