import { integer, jsonb, pgTable, text } from '../drizzle/pg-core.ts';
import { moment } from './moment.ts';
import { organisations } from './organisations.ts';

/** OpenID Connect issuers whose tokens an organisation accepts. */
export const identityProviders = pgTable('identity_providers', {
  /** The `iss` of its tokens. */
  issuer: text('issuer').primaryKey(),
  organisation: text('organisation')
    .notNull()
    .references(() => organisations.id),
  /** One of these has to be in `aud`. */
  audiences: text('audiences').array().notNull(),
  jwksUri: text('jwks_uri').notNull(),
  /** `alg` of the tokens that are accepted. */
  algorithms: text('algorithms').array().notNull(),
  /** Where a token names project and roles, and which roles its values stand for. */
  claims: jsonb('claims').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  disabledAt: moment('disabled_at'),
  /** Counts changes. */
  version: integer('version').notNull().default(1),
});
