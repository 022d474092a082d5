export { createApiKey, revokeApiKey, verifyCredential, type NewApiKey } from './api-keys.ts';
export { authQuotaSettings, type AuthQuotaSettings } from './config.ts';
export { startAuthQuota } from './service.ts';
export { createTenant, type NewTenant } from './tenants.ts';
