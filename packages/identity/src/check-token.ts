import { errors, jwtVerify, type JWTPayload, type LocalJWKSet } from 'jose';
import type { Clock } from '@millrace/runtime';
import { tokenAlgorithms } from './identity-provider.ts';
import type { KeySets } from './key-sets.ts';
import { tokenRefused } from './refusal.ts';

/** How far the clocks of an issuer and of this machine may be apart. */
export const clockSkewMs = 60_000;

/** What a token has to fit. */
export interface TokenRules {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly jwksUri: string;
  readonly algorithms: readonly string[];
}

export type CheckedClaims = JWTPayload & { readonly sub: string; readonly exp: number };

/** Of a name in the directory of an issuer. */
const subjectPattern = /^[^\p{Cc}]{1,255}$/u;

/**
 * Checks signature, issuer, audience and times of a token. The key comes from the key set of the provider alone, whatever the token's own
 * header says (`jku`, `x5u`, `jwk`), and the algorithm is one that the provider lists and that no public key could forge.
 *
 * @throws `invalid_api_key`; `unavailable` when the keys cannot be had
 */
export async function checkToken(
  { keySets, clock }: { readonly keySets: KeySets; readonly clock: Clock },
  token: string,
  rules: TokenRules,
): Promise<CheckedClaims> {
  const verify = async (keys: LocalJWKSet): Promise<JWTPayload> => {
    const { payload } = await jwtVerify(token, keys, {
      issuer: rules.issuer,
      audience: [...rules.audiences],
      algorithms: rules.algorithms.filter((each) => tokenAlgorithms.some((known) => known === each)),
      requiredClaims: ['exp', 'sub'],
      clockTolerance: clockSkewMs / 1_000,
      currentDate: new Date(clock.now()),
    });
    return payload;
  };
  let payload: JWTPayload;
  try {
    payload = await verifyWithFreshKeys(keySets, rules.jwksUri, verify);
  } catch (error) {
    throw explain(error);
  }
  const { sub, exp } = payload;
  if (sub === undefined || !subjectPattern.test(sub) || !sub.isWellFormed() || exp === undefined)
    throw tokenRefused(
      'The token has no subject that can be a user: sub must be a text of 1 to 255 characters.',
    );
  return { ...payload, sub, exp };
}

/** A key that is not known may be a new one. */
async function verifyWithFreshKeys(
  keySets: KeySets,
  uri: string,
  verify: (keys: LocalJWKSet) => Promise<JWTPayload>,
): Promise<JWTPayload> {
  const keys = await keySets.of(uri);
  try {
    return await verify(keys);
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    const newer = await keySets.again(uri);
    if (newer === undefined) throw error;
    return verify(newer);
  }
}

/** What is told goes to whoever holds the token, so no more than the token itself says once its signature is good. */
function explain(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return tokenRefused('The token has expired.', error);
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return tokenRefused('The token is not valid yet.', error);
    if (error.claim === 'aud') return tokenRefused('The token is meant for another audience.', error);
    return tokenRefused(`The token is not valid: its claim ${error.claim} is missing or wrong.`, error);
  }
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return tokenRefused(
      'The token is not valid: it does not name its key (kid), and its issuer has several.',
      error,
    );
  return error instanceof errors.JOSEError ? tokenRefused('The token is not valid.', error) : error;
}
