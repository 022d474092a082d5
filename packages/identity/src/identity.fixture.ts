import {
  createIdGenerator,
  createLogger,
  ManualClock,
  stopInReverse,
  systemRandom,
  type Stoppable,
} from '@millrace/runtime';
import { organisations, quotas, tenants, type Database } from '@millrace/store';
import { startTestDatabase } from '@millrace/testkit';
import type { ClaimsMapping } from './claims-mapping.ts';
import { createFetchKeySet } from './fetch-key-set.ts';
import { putIdentityProvider } from './identity-providers.ts';
import { startTestIssuer, testAudience, type TestIssuer } from './issuer.fixture.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

/** Two organisations with projects, and issuers whose tokens the first one accepts. */
export interface IdentityTest extends Stoppable {
  readonly database: Database;
  readonly clock: ManualClock;
  /** What was logged. */
  readonly log: readonly string[];
  /** A new issuer, accepted with `testMapping`. */
  issuer(): Promise<TestIssuer>;
  accept(issuer: TestIssuer, changes?: Partial<ClaimsMapping>): Promise<void>;
  verifier(allowsPrivate?: boolean): TokenVerifier;
}

export const testMapping: ClaimsMapping = {
  project: { claim: 'project', default: 'acme-main' },
  roles: {
    claim: ['realm_access', 'roles'],
    values: { 'llm-users': ['developer'], 'llm-readers': ['analyst'] },
    default: ['end-user'],
  },
  create_users: true,
};

export async function startIdentityTest(): Promise<IdentityTest> {
  const clock = new ManualClock();
  const log: string[] = [];
  const logger = createLogger({
    service: 'identity',
    level: 'debug',
    destination: { write: (line) => log.push(line) },
  });
  const postgres = await startTestDatabase();
  const parts: Stoppable[] = [postgres];
  const { database } = postgres;
  await database.insert(organisations).values([
    { id: 'acme', name: 'Acme' },
    { id: 'other', name: 'Other' },
  ]);
  await database.insert(tenants).values([
    { id: 'acme-main', name: 'Main', organisation: 'acme' },
    { id: 'acme-second', name: 'Second', organisation: 'acme' },
    { id: 'other-main', name: 'Main', organisation: 'other' },
  ]);
  await database.insert(quotas).values({ scope: 'project', subject: 'acme-main', maxInFlight: 7 });
  const accept = (issuer: TestIssuer, changes: Partial<ClaimsMapping> = {}): Promise<void> =>
    putIdentityProvider(database, {
      issuer: issuer.issuer,
      organisation: 'acme',
      audiences: [testAudience, 'millrace-web'],
      jwks_uri: issuer.jwksUri,
      algorithms: ['RS256', 'ES256'],
      claims: { ...testMapping, ...changes },
    });
  return {
    database,
    clock,
    log,
    accept,
    async issuer() {
      const issuer = await startTestIssuer(clock);
      parts.push(issuer);
      await accept(issuer);
      return issuer;
    },
    verifier: (allowsPrivate = true) =>
      createTokenVerifier({
        database,
        clock,
        logger,
        nextId: createIdGenerator(clock, systemRandom),
        fetchKeySet: createFetchKeySet(allowsPrivate),
        unlimitedInFlight: 64,
      }),
    stop: () => stopInReverse(parts),
  };
}
