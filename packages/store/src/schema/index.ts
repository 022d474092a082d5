export { apiKeys } from './api-keys.ts';
export { claims } from './claims.ts';
export { ledger } from './ledger.ts';
export { outbox } from './outbox.ts';
export { prices } from './prices.ts';
export { rateWindows } from './rate-windows.ts';
export { tenants } from './tenants.ts';
