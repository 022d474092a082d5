import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { Clock, Stoppable } from '@millrace/runtime';

/** An issuer of tokens, with its keys behind a server of its own. */
export interface TestIssuer extends Stoppable {
  readonly issuer: string;
  readonly jwksUri: string;
  /** How often its keys were asked for. */
  readonly fetches: number;
  /** The public keys that it shows; change them at will. */
  keys: JWK[];
  /** What it answers instead of its keys. */
  answer: { readonly status: number; readonly body: string } | undefined;
  /** Makes a key and shows it. */
  addKey(kid: string, algorithm?: string): Promise<TestKey>;
  /** A token of a minute, signed with its first key. */
  token(claims?: Readonly<Record<string, unknown>>, options?: TokenOptions): Promise<string>;
}

export interface TestKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export interface TokenOptions {
  readonly key?: TestKey;
  readonly header?: Readonly<Record<string, unknown>>;
}

export const testAudience = 'millrace';

export async function startTestIssuer(clock: Clock): Promise<TestIssuer> {
  let fetches = 0;
  const server = createServer((_request, response) => {
    fetches += 1;
    const { status, body } = issuer.answer ?? { status: 200, body: JSON.stringify({ keys: issuer.keys }) };
    response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const all: TestKey[] = [];
  const issuer: TestIssuer = {
    issuer: `${url}/realms/test`,
    jwksUri: `${url}/jwks`,
    get fetches() {
      return fetches;
    },
    keys: [],
    answer: undefined,
    async addKey(kid, algorithm = 'ES256') {
      const pair = await generateKeyPair(algorithm, { extractable: true });
      issuer.keys.push({ ...(await exportJWK(pair.publicKey)), kid, alg: algorithm, use: 'sig' });
      const key = { kid, algorithm, ...pair };
      all.push(key);
      return key;
    },
    async token(claims = {}, { key = all[0], header = {} } = {}) {
      if (key === undefined) throw new Error('the issuer has no key');
      const now = Math.floor(clock.now() / 1_000);
      return new SignJWT({
        iss: issuer.issuer,
        aud: testAudience,
        sub: 'ada',
        iat: now,
        exp: now + 60,
        ...claims,
      })
        .setProtectedHeader({ alg: key.algorithm, kid: key.kid, ...header })
        .sign(key.privateKey, { crit: { 'urn:unknown': true } });
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  await issuer.addKey('first');
  return issuer;
}
