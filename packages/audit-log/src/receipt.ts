import { subjects, type AuditCheckpointed, type AuditRecorded, type Codec } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import { hashOfRecord } from './chain.ts';
import { checkCheckpoint, treeOf, type CheckpointProblem } from './checkpoint.ts';
import type { FoundRecord } from './find-record.ts';
import { emptyTree, inclusionPath, leafHash, rootOfPath } from './merkle.ts';
import type { PublicKeys } from './public-key.ts';
import { readRecord } from './read-record.ts';
import type { ChainSource } from './verify-tenant.ts';

export const receiptFormat = 'millrace-receipt/1';

/**
 * Proof that a record is in the chain of its tenant: the record and a signed checkpoint, both as they are stored, and the path between them
 * (RFC 6962, section 2.1.1). All in base64. Who has it and the public key needs nothing else.
 */
export interface Receipt {
  readonly format: typeof receiptFormat;
  readonly record: string;
  readonly checkpoint: string;
  /** Hashes beside the way to the root, lowest first. */
  readonly path: readonly string[];
}

/** A record is stored before a checkpoint that covers it, by a clock that may be another one. */
const clockSkewMs = 60_000;

/**
 * Makes the receipt of a record. It reads no more of the chain than lies between two checkpoints.
 *
 * @returns undefined when no checkpoint covers the record yet
 * @throws `message_corrupt` when the stored chain is not the one that was signed; `unavailable`
 */
export async function makeReceipt(
  { bus, codec }: ChainSource,
  { record, stored }: FoundRecord,
  signal?: AbortSignal,
): Promise<Receipt | undefined> {
  const subject = subjects.checkpointed(record.tenant);
  const options = signal === undefined ? {} : { signal };
  let covering: { readonly payload: Uint8Array; readonly checkpoint: AuditCheckpointed } | undefined;
  const fromTime = stored.storedAt - clockSkewMs;
  for await (const { payload } of bus.read('CHECKPOINTS', subject, { ...options, fromTime })) {
    const checkpoint = codec.decode('audit.checkpointed', payload);
    if (checkpoint.size < record.sequence) continue;
    covering = { payload, checkpoint };
    break;
  }
  if (covering === undefined) return undefined;
  const { checkpoint } = covering;
  const before = await checkpointBefore({ bus, codec }, checkpoint, record.sequence);
  const tree = before === undefined ? emptyTree : treeOf(before);
  const leaves: Uint8Array[] = [];
  const fromSequence = (before?.last_sequence ?? 0) + 1;
  for await (const { payload } of bus.read('AUDIT', subjects.recorded(record.tenant), {
    ...options,
    fromSequence,
  })) {
    if (tree.size + leaves.length === checkpoint.size) break;
    leaves.push(leafHash(payload));
  }
  const index = record.sequence - 1;
  const path = tree.size + leaves.length === checkpoint.size ? inclusionPath(index, tree, leaves) : undefined;
  const root = path && rootOfPath(leafHash(stored.payload), index, checkpoint.size, path);
  if (path === undefined || root === undefined || !equal(root, checkpoint.root)) {
    const message = `The chain of ${record.tenant} is not the one whose first ${checkpoint.size} records were signed.`;
    throw new MillraceError('message_corrupt', message);
  }
  return {
    format: receiptFormat,
    record: toBase64(stored.payload),
    checkpoint: toBase64(covering.payload),
    path: path.map(toBase64),
  };
}

async function checkpointBefore(
  { bus, codec }: ChainSource,
  { tenant, previous_sequence: fromSequence }: AuditCheckpointed,
  sequence: number,
): Promise<AuditCheckpointed | undefined> {
  if (fromSequence === 0) return undefined;
  for await (const { payload } of bus.read('CHECKPOINTS', subjects.checkpointed(tenant), { fromSequence })) {
    const before = codec.decode('audit.checkpointed', payload);
    return before.size < sequence ? before : undefined;
  }
  return undefined;
}

/** What is wrong with a receipt. `changed`: the record is not the one that it says; `not_included`: no path leads from it to the root. */
export type ReceiptProblem = 'unreadable' | 'changed' | 'not_included' | `checkpoint_${CheckpointProblem}`;

export type CheckedReceipt =
  | { readonly record: AuditRecorded; readonly checkpoint: AuditCheckpointed; readonly problem?: undefined }
  | { readonly problem: ReceiptProblem };

/** Checks a receipt, offline. */
export function checkReceipt(codec: Codec, receipt: Receipt, keys: PublicKeys): CheckedReceipt {
  const encoded = fromBase64(receipt.record);
  const checked = checkCheckpoint(codec, fromBase64(receipt.checkpoint), keys);
  if (checked.problem !== undefined) return { problem: `checkpoint_${checked.problem}` };
  const { checkpoint } = checked;
  const record = readRecord(codec, encoded);
  if (record === undefined) return { problem: 'unreadable' };
  if (!equal(hashOfRecord(encoded), record.hash)) return { problem: 'changed' };
  const path = receipt.path.map(fromBase64);
  const root = rootOfPath(leafHash(encoded), record.sequence - 1, checkpoint.size, path);
  if (record.tenant !== checkpoint.tenant || root === undefined || !equal(root, checkpoint.root)) {
    return { problem: 'not_included' };
  }
  return { record, checkpoint };
}

/** @throws `invalid_value` when the text is no receipt */
export function parseReceipt(text: string): Receipt {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MillraceError('invalid_value', 'The receipt is not JSON.', { cause });
  }
  if (isReceipt(value)) return value;
  const message = `A receipt has format ${receiptFormat}, record and checkpoint as texts, and path as a list of texts.`;
  throw new MillraceError('invalid_value', message);
}

function isReceipt(value: unknown): value is Receipt {
  if (typeof value !== 'object' || value === null) return false;
  const { format, record, checkpoint, path } = value as Partial<Record<keyof Receipt, unknown>>;
  return (
    format === receiptFormat &&
    typeof record === 'string' &&
    typeof checkpoint === 'string' &&
    Array.isArray(path) &&
    path.every((step) => typeof step === 'string')
  );
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function fromBase64(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}
