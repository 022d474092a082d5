export type { ClaimPath, ClaimsMapping, TokenRole } from './claims-mapping.ts';
export { createFetchKeySet, type FetchKeySet } from './fetch-key-set.ts';
export { identityProviderSchema, readIdentityProvider, type IdentityProvider } from './identity-provider.ts';
export { identitySettings } from './identity-settings.ts';
export { putIdentityProvider, setIdentityProviderDisabled } from './identity-providers.ts';
export {
  addIdentityProvider,
  changeIdentityProvider,
  findIdentityProvider,
  listIdentityProviders,
  type IdentityProviderChanges,
  type StoredIdentityProvider,
} from './manage-identity-providers.ts';
export { isToken } from './token.ts';
export { createTokenVerifier, type TokenVerifier, type TokenVerifierDependencies } from './token-verifier.ts';
