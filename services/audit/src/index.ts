export { verifyChain, type BrokenReason, type ChainLink, type ChainVerification } from './chain.ts';
export { auditSettings, type AuditSettings } from './config.ts';
export { startAudit } from './service.ts';
export { linkOf, verifyTenant } from './verify-tenant.ts';
