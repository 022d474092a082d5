export {
  createBudgetAlerts,
  type BudgetAlert,
  type BudgetAlerts,
  type BudgetAlertsDependencies,
} from './budget-alerts.ts';
export { consumptionOf, settledRow, type SettledRequest } from './consumption.ts';
export { Quota, releaseRetryMs, type Consumption, type ReachedLimit } from './quota.ts';
export { countsOf, lockQuotas, updateQuotas, type QuotasWanted } from './quota-queries.ts';
export {
  nameOf,
  scopes,
  subjectsOf,
  type QuotaCounts,
  type QuotaLimits,
  type QuotaRow,
  type QuotaSubject,
  type RequestOwner,
  type Scope,
} from './quota-row.ts';
export { rebuildQuotas, type QuotaRebuild, type RebuildOptions } from './rebuild-quotas.ts';
export { worstTokensOf, type RequestPrices } from './request-prices.ts';
export { windowStartOf } from './windows.ts';
