export { platformPlace, reachOf, type Actor, type Place } from './actor.ts';
export { isKeyOf, keyIdOf, type ApiKey } from './api-key.ts';
export { isWithinReach, requirePermission, scopesOf, viewOf } from './authorise.ts';
export { noteChanges, publishControlChanges } from './control-changes.ts';
export type { ControlDependencies, Reading } from './control-dependencies.ts';
export { createApiKey, type NewApiKey } from './create-api-key.ts';
export { effectiveRoles, type Membership } from './effective-roles.ts';
export { requireRoles } from './grants.ts';
export {
  createdKeySchema,
  keyChangesSchema,
  keySchema,
  newKeySchema,
  rotationSchema,
  type KeyChanges,
  type NewKey,
  type Rotation,
} from './key-schema.ts';
export {
  createKey,
  findKey,
  listKeys,
  revokeKey,
  rotateKey,
  updateKey,
  type CreatedKey,
  type ShownKey,
} from './keys.ts';
export { ledgerEntrySchema, listLedger, type LedgerFilter } from './ledger-entries.ts';
export {
  createOrganisation,
  findOrganisation,
  listOrganisations,
  newOrganisationSchema,
  organisationChangesSchema,
  organisationSchema,
  updateOrganisation,
  type NewOrganisation,
  type OrganisationChanges,
} from './organisations.ts';
export { readMoment } from './moments.ts';
export { pageOf, placeIn, wrongCursor, type Page, type PageRequest } from './page.ts';
export {
  findPiiPolicy,
  piiPolicyChangesSchema,
  piiPolicySchema,
  setPiiPolicy,
  type PiiPolicyChanges,
} from './pii-policies.ts';
export { listPiiReport, piiReportSchema, type PiiReportFilter } from './pii-report.ts';
export {
  permissions,
  reaches,
  roles,
  type Action,
  type Permission,
  type Reach,
  type Role,
} from './permissions.ts';
export { addPrice, listPrices, newPriceSchema, priceInNoBook, priceSchema, type NewPrice } from './prices.ts';
export { publishPrices } from './publish-prices.ts';
export { findQuota, quotaChangesSchema, quotaSchema, setQuota, type QuotaChanges } from './quotas.ts';
export { notFound } from './refusals.ts';
export { revokeApiKey } from './revoke-api-key.ts';
export { grantRole, listRoles, roleGrantSchema, roleSchema, withdrawRole, type RoleGrant } from './roles.ts';
export { keyIdSchema, modelSchema, momentSchema, nameIdSchema, userIdSchema } from './schemas.ts';
export {
  addTenant,
  createTenant,
  findTenant,
  listTenants,
  newTenantSchema,
  tenantChangesSchema,
  tenantSchema,
  updateTenant,
  type NewTenant,
  type TenantChanges,
} from './tenants.ts';
export { listUsage, usageGroups, usageSchema, type UsageGroup } from './usage.ts';
export {
  createUser,
  findUser,
  listUsers,
  newUserSchema,
  placeOfUser,
  updateUser,
  userChangesSchema,
  userSchema,
  type NewUser,
  type UserChanges,
} from './users.ts';
