export {
  hashOfRecord,
  noHash,
  verifyChain,
  type BrokenReason,
  type BrokenRecord,
  type ChainLink,
  type ChainVerification,
} from './chain.ts';
export {
  checkCheckpoint,
  signCheckpoint,
  treeOf,
  type CheckedCheckpoint,
  type CheckpointDraft,
  type CheckpointProblem,
} from './checkpoint.ts';
export { explain, type Explanation } from './explain.ts';
export { exportChain } from './export-chain.ts';
export { writeLine, type ExportHead } from './export-line.ts';
export { type RecordedFindings } from './find-findings.ts';
export { findRecord, type FindOptions, type FoundRecord } from './find-record.ts';
export { appendLeaf, emptyTree, leafHash, type Tree } from './merkle.ts';
export { formatPublicKey, parsePublicKeys, type PublicKey, type PublicKeys } from './public-key.ts';
export {
  checkReceipt,
  makeReceipt,
  parseReceipt,
  type CheckedReceipt,
  type Receipt,
  type ReceiptProblem,
} from './receipt.ts';
export { digestOf, encodeAct, fieldOf, recordAct, type Act } from './record-act.ts';
export { loadSigner, publishSigner, readSigners, type Signer } from './signer.ts';
export {
  verifyExport,
  type ExportBrokenReason,
  type ExportVerification,
  type Trust,
} from './verify-export.ts';
export { linkOf, verifyTenant, type ChainSource } from './verify-tenant.ts';
