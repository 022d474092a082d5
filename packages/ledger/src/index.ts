export { adjustCharge, type ChargeToAdjust } from './adjust-charge.ts';
export {
  adjustmentIdOf,
  type AdjustmentDependencies,
  type LedgerAdjustment,
  type MadeOnce,
} from './adjustment.ts';
export { giveCredit, type CreditToGive } from './give-credit.ts';
export { findPrices, lastNumber, takeTurn } from './ledger-queries.ts';
export {
  applyRerating,
  previewRerating,
  type AppliedRerating,
  type PreviewedRerating,
  type ReratingRange,
} from './rerate.ts';
export type { Rerating, ReratingRow, ReratingSum } from './judge-charge.ts';
