import type { ExportBrokenReason, ReceiptProblem } from '@millrace/audit-log';

/** What happened to the first broken record. */
export const brokenWords: Readonly<Record<ExportBrokenReason, string>> = {
  changed: 'was changed',
  removed: 'was removed',
  inserted: 'was inserted',
  reordered: 'was moved',
  unreadable: 'cannot be read',
  rewritten: 'is not the one that was signed',
  truncated: 'was cut off: it was signed and is not there',
  unsigned: 'is not signed',
  foreign: 'belongs to another tenant',
};

/** What is wrong with a checkpoint. */
export const checkpointWords = {
  unreadable: 'cannot be read',
  unknown_key: 'is signed by a key that was not given',
  forged: 'has a signature that is not right',
  foreign: 'belongs to another tenant',
} as const;

/** What is wrong with a receipt. */
export const receiptWords: Readonly<Record<ReceiptProblem | 'foreign', string>> = {
  unreadable: 'cannot be read',
  changed: 'has a record that was changed',
  not_included: 'does not prove it: no path leads from its record to the signed root',
  foreign: 'belongs to another tenant',
  checkpoint_unreadable: 'has a checkpoint that cannot be read',
  checkpoint_unknown_key: 'is signed by a key that was not given',
  checkpoint_forged: 'has a signature that is not right',
};

export function timeText(at: number): string {
  return new Date(at).toISOString();
}
