import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { JSONWebKeySet, JWK } from 'jose';
import { lookUpPublic } from '@millrace/runtime';
import { readKeySetUrl } from './identity-provider.ts';

/** For all of it, from the look-up of the name to the end of the answer. Gateways wait longer than that for auth-quota: one slow issuer must not look like auth-quota being away. */
const timeoutMs = 2_000;
/** Many times what a large issuer has. */
const maxBytes = 256 * 1024;
const maxKeys = 100;

/** Gets the keys behind a `jwks_uri`. */
export type FetchKeySet = (uri: string) => Promise<JSONWebKeySet>;

/**
 * Follows no redirects. Only keys that check a signature and cannot make one are kept.
 *
 * @throws `invalid_value` for a URL that is not allowed; what went wrong on the way
 */
export const createFetchKeySet =
  (allowsPrivate: boolean): FetchKeySet =>
  async (uri) =>
    readKeySet(await getText(readKeySetUrl(uri, allowsPrivate), allowsPrivate));

function getText(url: URL, allowsPrivate: boolean): Promise<string> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      ...(allowsPrivate ? {} : { lookup: lookUpPublic }),
    });
    request.once('error', reject);
    request.once('response', (response) => {
      response.once('error', reject);
      if (response.statusCode !== 200) {
        response.resume();
        reject(new Error(`The issuer answered ${response.statusCode} where its keys should be.`));
        return;
      }
      const pieces: Buffer[] = [];
      let bytes = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
        pieces.push(piece);
        if (bytes > maxBytes) request.destroy(new Error(`The key set has more than ${maxBytes} bytes.`));
      });
      response.once('end', () => resolve(Buffer.concat(pieces).toString('utf8')));
    });
    request.end();
  });
}

function readKeySet(text: string): JSONWebKeySet {
  const { keys } = JSON.parse(text) as Partial<JSONWebKeySet>;
  if (!Array.isArray(keys) || keys.length > maxKeys)
    throw new Error(`The key set has no list of at most ${maxKeys} keys.`);
  return { keys: keys.filter(isVerifyingKey) };
}

function isVerifyingKey(key: unknown): key is JWK {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, use } = key as JWK;
  return (kty === 'RSA' || kty === 'EC' || kty === 'OKP') && (use === undefined || use === 'sig');
}
