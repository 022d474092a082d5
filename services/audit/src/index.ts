export { auditSettings, type AuditSettings } from './config.ts';
export { startAudit } from './service.ts';
