import { randomUUID } from 'node:crypto';
import { subjects, type VerifiedPrincipal } from '@millrace/contracts';
import {
  createApiKey,
  createOrganisation,
  createTenant,
  createUser,
  grantRole,
  type ControlDependencies,
} from '@millrace/control-plane';
import { addIdentityProvider } from '@millrace/identity';
import { lastNumber } from '@millrace/ledger';
import {
  principalOf,
  startTestPlatform,
  testGatewaySettings,
  testRelaySettings,
  type TestPlatform,
} from '@millrace/relay/testing';
import { createIdGenerator, stopInReverse, systemRandom, type Stoppable } from '@millrace/runtime';
import {
  claims,
  deadLetters,
  execute,
  inTransaction,
  ledger,
  type Database,
  type Transaction,
} from '@millrace/store';
import { startTestDatabase, startTestNats } from '@millrace/testkit';
import { startAdmin } from './service.ts';

/** What a request can be about. */
export interface Target {
  readonly organisation: string;
  readonly tenant: string;
  readonly user: string;
  readonly key: string;
  readonly provider: string;
  /** A dead letter of the tenant whose message is gone. */
  readonly letter: string;
}

export interface AskOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- of a test, which says what it expects
  readonly body: Readonly<Record<string, any>>;
}

/** The administration with servers of its own; the test says whose keys are whose. */
export interface AdminTest extends Stoppable {
  readonly database: Database;
  readonly platform: TestPlatform;
  readonly plane: ControlDependencies;
  /** A key that belongs to such a principal. */
  keyOf(principal: Partial<VerifiedPrincipal> & { readonly tenant: string }): string;
  /** @param path behind `/admin/v1` */
  ask(apiKey: string, method: string, path: string, options?: AskOptions): Promise<Answer>;
  write<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** A new user with a role and a new key in a tenant, and an identity provider of its organisation. */
  target(organisation: string, tenant: string): Promise<Target>;
  /** A million tokens of output of the model `m`, for 2 EUR, to acme-web on 5 March 2026. @returns id of the request */
  charge(): Promise<string>;
}

/** Lines of JSON are `lines`. */
async function bodyOf(answer: Response): Promise<Answer['body']> {
  if (answer.headers.get('content-type') !== 'application/x-ndjson')
    return (await answer.json()) as Answer['body'];
  const lines = (await answer.text()).split('\n').filter((line) => line !== '');
  return { lines: lines.map((line) => JSON.parse(line) as unknown) };
}

const march = new Date('2026-03-05T12:00:00Z');

async function addCharge(database: Database): Promise<string> {
  const requestId = randomUUID();
  const row = { requestId, tenant: 'acme-web', model: 'm' };
  const [last] = await execute(database, lastNumber());
  await database.insert(ledger).values({
    ...row,
    entryId: randomUUID(),
    entryNumber: last.lastNumber + 1,
    outcome: 'completed',
    inputTokens: 0,
    cachedInputTokens: 0,
    outputTokens: 1_000_000,
    amount: '2',
    currency: 'EUR',
    priceVersion: 1,
    receivedAt: march,
    closedAt: march,
    chargedAt: march,
  });
  await database.insert(claims).values({
    ...row,
    usedAmount: '2',
    decidedAt: march,
    deadlineAt: march,
    closedAt: march,
    event: Buffer.from([]),
  });
  return requestId;
}

/** Tenants by organisation. */
export const tenantsOf = { acme: ['acme-web', 'acme-app'], globex: ['globex-web'] } as const;

export async function startAdminTest({ oidcPrivate = false } = {}): Promise<AdminTest> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  const nats = keep(await startTestNats());
  const { database } = keep(await startTestDatabase());
  const platform = keep(await startTestPlatform(nats.url));
  const stage = await platform.connect();
  const admin = keep(
    await startAdmin(
      { ...stage, database },
      { ...testRelaySettings, ...testGatewaySettings, port: 0, host: '127.0.0.1', oidcPrivate },
    ),
  );
  const plane = {
    ...stage,
    database,
    random: systemRandom,
    nextId: createIdGenerator(stage.clock, systemRandom),
  };
  const write: AdminTest['write'] = (work) => inTransaction(database, work);
  for (const [organisation, tenants] of Object.entries(tenantsOf)) {
    await write((transaction) => createOrganisation(plane, transaction, { id: organisation }));
    for (const id of tenants) await createTenant(database, { id, organisation });
  }
  let keys = 0;
  let letters = 0;
  return {
    database,
    platform,
    plane,
    write,
    keyOf(principal) {
      keys += 1;
      const apiKey = `key-${keys}`;
      platform.keys.set(apiKey, principalOf(principal.tenant, { key_id: `id-${keys}`, ...principal }));
      return apiKey;
    },
    async ask(apiKey, method, path, { body, headers = {} } = {}) {
      const answer = await fetch(`http://127.0.0.1:${admin.port}/admin/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return {
        status: answer.status,
        headers: answer.headers,
        body: await bodyOf(answer),
      };
    },
    async target(organisation, tenant) {
      const { id: user } = await write((transaction) =>
        createUser(plane, transaction, organisation, { name: 'Someone' }),
      );
      await write((transaction) => grantRole(plane, transaction, { user, tenant, role: 'end-user' }));
      const { keyId: key } = await createApiKey(database, { tenant, roles: ['end-user'] });
      const { id: provider } = await write((transaction) =>
        addIdentityProvider(transaction, {
          issuer: `https://id.example.com/${key}`,
          organisation,
          audiences: ['millrace'],
          jwks_uri: 'https://id.example.com/jwks',
          claims: { project: {}, roles: {} },
        }),
      );
      letters += 1;
      const letter = letters;
      await database.insert(deadLetters).values({
        id: letter,
        stage: 'pii',
        tenant,
        requestId: randomUUID(),
        stream: 'ADMITTED',
        subject: subjects.admitted(tenant),
        sequence: letter,
        deliveryCount: 5,
        code: 'poison_message',
        reason: 'The request was given up.',
        diedAt: new Date(),
      });
      return { organisation, tenant, user, key, provider, letter: String(letter) };
    },
    charge: () => addCharge(database),
    stop: () => stopInReverse(parts),
  };
}
