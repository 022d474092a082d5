export { verifyCredential } from './verify-credential.ts';
export { authQuotaSettings, type AuthQuotaSettings } from './config.ts';
export { startAuthQuota } from './service.ts';
