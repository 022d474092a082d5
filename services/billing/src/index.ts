export { billingSettings, type BillingSettings } from './config.ts';
export { findLedgerEntry, type LedgerEntry } from './find-ledger-entry.ts';
export { seedPrices, type PricedManifest } from './prices.ts';
export { startBilling } from './service.ts';
