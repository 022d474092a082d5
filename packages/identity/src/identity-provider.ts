import { compileValidator, readPublicUrl } from '@millrace/runtime';
import { claimsMappingSchema, type ClaimsMapping } from './claims-mapping.ts';

/** Signatures that can be checked with a public key alone: who checks a token must not be able to make one. */
export const tokenAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

/** An issuer whose tokens an organisation accepts. */
export interface IdentityProvider {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  readonly organisation: string;
  /** One of these has to be in `aud`. */
  readonly audiences: readonly string[];
  readonly jwks_uri: string;
  /** By default RS256 and ES256. */
  readonly algorithms?: readonly (typeof tokenAlgorithms)[number][];
  readonly claims: ClaimsMapping;
}

export const identityProviderSchema = {
  type: 'object',
  required: ['issuer', 'organisation', 'audiences', 'jwks_uri', 'claims'],
  additionalProperties: false,
  properties: {
    issuer: { type: 'string', pattern: '^https?://[\\x21-\\x7e]{1,500}$' },
    organisation: { type: 'string', minLength: 1, maxLength: 256 },
    audiences: {
      type: 'array',
      minItems: 1,
      maxItems: 32,
      uniqueItems: true,
      items: { type: 'string', minLength: 1, maxLength: 512 },
    },
    jwks_uri: { type: 'string', minLength: 1, maxLength: 2_048 },
    algorithms: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: tokenAlgorithms } },
    claims: claimsMappingSchema,
  },
} as const;

const validate = compileValidator<IdentityProvider>(identityProviderSchema);

/**
 * Reads what someone wants an identity provider to be.
 *
 * @param allowsPrivate whether `http:` and addresses that are not on the Internet are allowed for its keys
 * @throws `missing_value`, `invalid_value`
 */
export function readIdentityProvider(value: unknown, allowsPrivate: boolean): IdentityProvider {
  const provider = validate(value);
  readKeySetUrl(provider.jwks_uri, allowsPrivate);
  return provider;
}

/** @throws `invalid_value` */
export function readKeySetUrl(text: string, allowsPrivate: boolean): URL {
  return readPublicUrl(text, {
    param: 'jwks_uri',
    example: 'https://id.example.com/jwks',
    allowsPrivate,
    whenPrivate: 'MILLRACE_OIDC_PRIVATE allows it',
  });
}
