import { decodeJwt } from 'jose';

/** The longest credential that is looked at. */
export const maxTokenLength = 8_192;

const shape = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Whether a credential has the form of a JSON Web Token, as opposed to that of an API key. */
export function isToken(credential: string): boolean {
  return shape.test(credential);
}

const issuerPattern = /^https?:\/\/[\x21-\x7e]{1,500}$/;

/** Who a token claims to be from. Nothing of it is proved. @returns undefined where nobody can be looked up by it */
export function claimedIssuer(token: string): string | undefined {
  if (token.length > maxTokenLength) return undefined;
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === 'string' && issuerPattern.test(iss) ? iss : undefined;
  } catch {
    return undefined;
  }
}
