import type { AuditCheckpointed, Codec } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import { ChainFollower, hashOfRecord, type BrokenReason, type BrokenRecord } from './chain.ts';
import { checkCheckpoint, type CheckpointProblem } from './checkpoint.ts';
import { readLine, type ReadLine } from './export-line.ts';
import { appendLeaf, emptyTree, leafHash, peakRanges, rootOf, type Tree } from './merkle.ts';
import type { PublicKeys } from './public-key.ts';
import { readRecord } from './read-record.ts';
import { checkReceipt, type Receipt, type ReceiptProblem } from './receipt.ts';

/**
 * - `rewritten`: the records hold together, and are not those that were signed
 * - `truncated`: a checkpoint or a receipt covers more records than there are
 * - `unsigned`: no checkpoint covers it
 * - `foreign`: it belongs to another tenant
 */
export type ExportBrokenReason = BrokenReason | 'rewritten' | 'truncated' | 'unsigned' | 'foreign';

export interface ExportVerification {
  readonly tenant: string;
  /** Records in the export. */
  readonly records: number;
  /** Checkpoints that were checked, those from elsewhere included. */
  readonly checkpoints: number;
  /** What the last good checkpoint covers, and when it was signed, in milliseconds since the epoch. */
  readonly signed?: { readonly records: number; readonly at: number; readonly keyId: string };
  readonly verified: boolean;
  /** `through`: where only a range is known, its last record. */
  readonly firstBroken?: BrokenRecord<ExportBrokenReason> & { readonly through?: number };
  /** Checkpoints that prove nothing, by their place among all, from 1. */
  readonly brokenCheckpoints: readonly {
    readonly place: number;
    readonly size?: number;
    readonly reason: CheckpointProblem | 'foreign';
  }[];
  /** Receipts that prove nothing, by their place, from 1. */
  readonly brokenReceipts: readonly { readonly place: number; readonly reason: ReceiptProblem | 'foreign' }[];
}

export interface Trust {
  readonly codec: Codec;
  readonly keys: PublicKeys;
  /** Lines of checkpoints that were kept elsewhere; those of other tenants are left aside. */
  readonly checkpoints?: readonly string[];
  readonly receipts?: readonly Receipt[];
}

/**
 * Verifies an export, offline: that its records are those that were signed, all of them, in their order, and names the first that is not.
 * What somebody has cut off the end shows only against a checkpoint or a receipt from elsewhere.
 *
 * @param open begins the lines of the export anew; it is read twice
 * @throws `invalid_value` when it is no export
 */
export async function verifyExport(
  open: () => AsyncIterable<string>,
  trust: Trust,
): Promise<ExportVerification> {
  const evidence = await gather(open, trust);
  const { tenant, checkpoints, receipts } = evidence;
  const follower = new ChainFollower();
  /** Where a record is known, and where only a range is. */
  const named: Finding[] = [];
  const ranges: Finding[] = [];
  let tree = emptyTree;
  let due = 0;
  let matched = 0;
  const compare = (): void => {
    for (let checkpoint = checkpoints[due]; checkpoint?.size === tree.size; checkpoint = checkpoints[++due]) {
      const difference = differenceOf(tree, checkpoint, matched);
      if (difference === undefined) {
        matched = tree.size;
        follower.trust();
      } else if (ranges.length === 0) ranges.push(difference);
    }
  };
  for await (const line of linesOf(open)) {
    if (line.kind !== 'record') continue;
    const { payload } = line;
    const record = readRecord(trust.codec, payload);
    if (record === undefined) follower.addUnreadable();
    else {
      const { sequence, previous_hash: previousHash, hash } = record;
      follower.add({ sequence, previousHash, hash, computedHash: hashOfRecord(payload) });
    }
    tree = appendLeaf(tree, leafHash(payload));
    const receipt = receipts.get(tree.size);
    if (record !== undefined && record.tenant !== tenant) {
      named.push({ sequence: tree.size, reason: 'foreign' });
    } else if (receipt !== undefined && Buffer.compare(receipt, payload) !== 0) {
      named.push({ sequence: tree.size, reason: 'rewritten' });
    }
    compare();
  }
  const last = checkpoints.at(-1);
  const covered = last?.size ?? 0;
  if (tree.size < covered) ranges.push(rangeOf(tree.size + 1, covered, 'truncated'));
  if (tree.size > covered) ranges.push(rangeOf(covered + 1, tree.size, 'unsigned'));
  const { firstBroken: link } = follower.end();
  const firstBroken = firstOf(
    named[0],
    ranges[0],
    link && { link, place: follower.brokenAt ?? link.sequence },
  );
  const { brokenCheckpoints, brokenReceipts } = evidence;
  return {
    tenant,
    records: tree.size,
    checkpoints: evidence.count,
    ...(last === undefined ? {} : { signed: { records: last.size, at: last.at, keyId: last.key_id } }),
    verified: firstBroken === undefined && brokenCheckpoints.length === 0 && brokenReceipts.length === 0,
    ...(firstBroken === undefined ? {} : { firstBroken }),
    brokenCheckpoints,
    brokenReceipts,
  };
}

type Finding = NonNullable<ExportVerification['firstBroken']>;

interface Evidence extends Pick<ExportVerification, 'tenant' | 'brokenCheckpoints' | 'brokenReceipts'> {
  readonly count: number;
  /** The good ones, smallest first. */
  readonly checkpoints: readonly AuditCheckpointed[];
  /** Records of receipts, as they are stored, by sequence. */
  readonly receipts: ReadonlyMap<number, Uint8Array>;
}

async function gather(open: () => AsyncIterable<string>, trust: Trust): Promise<Evidence> {
  const { codec, keys } = trust;
  let tenant: string | undefined;
  const payloads: Uint8Array[] = [];
  for await (const line of linesOf(open)) {
    if (tenant === undefined) {
      if (line.kind !== 'head') break;
      ({ tenant } = line);
    } else if (line.kind === 'checkpoint') payloads.push(line.payload);
  }
  if (tenant === undefined) {
    throw new MillraceError(
      'invalid_value',
      'The first line is not the head of an export of an audit chain.',
    );
  }
  const checkpoints: AuditCheckpointed[] = [];
  const brokenCheckpoints: ExportVerification['brokenCheckpoints'][number][] = [];
  let count = 0;
  const take = (payload: Uint8Array, isFromElsewhere: boolean): void => {
    const { checkpoint, problem } = checkCheckpoint(codec, payload, keys);
    const isForeign = checkpoint !== undefined && checkpoint.tenant !== tenant;
    if (isForeign && isFromElsewhere) return;
    count += 1;
    const reason = problem ?? (isForeign ? 'foreign' : undefined);
    if (reason === undefined && checkpoint !== undefined) {
      if (checkpoint.size > 0) checkpoints.push(checkpoint);
    } else if (reason !== undefined) {
      brokenCheckpoints.push({
        place: count,
        reason,
        ...(checkpoint === undefined ? {} : { size: checkpoint.size }),
      });
    }
  };
  for (const payload of payloads) take(payload, false);
  for (const [index, text] of (trust.checkpoints ?? []).entries()) {
    const line = readLine(text, index + 1);
    if (line.kind === 'checkpoint') take(line.payload, true);
  }
  const receipts = new Map<number, Uint8Array>();
  const brokenReceipts: ExportVerification['brokenReceipts'][number][] = [];
  for (const [index, receipt] of (trust.receipts ?? []).entries()) {
    const checked = checkReceipt(codec, receipt, keys);
    if (checked.problem !== undefined) brokenReceipts.push({ place: index + 1, reason: checked.problem });
    else if (checked.record.tenant !== tenant) brokenReceipts.push({ place: index + 1, reason: 'foreign' });
    else {
      receipts.set(checked.record.sequence, Buffer.from(receipt.record, 'base64'));
      checkpoints.push(checked.checkpoint);
      count += 1;
    }
  }
  checkpoints.sort((a, b) => a.size - b.size || a.at - b.at);
  return { tenant, checkpoints, receipts, brokenCheckpoints, brokenReceipts, count };
}

/** The smallest range that the signed subtrees tell of, behind what the checkpoint before has covered. */
function differenceOf(tree: Tree, checkpoint: AuditCheckpointed, coveredBefore: number): Finding | undefined {
  if (Buffer.compare(rootOf(tree), checkpoint.root) === 0) return undefined;
  const ranges = peakRanges(tree.size);
  const place = tree.peaks.findIndex((peak, index) => {
    const signed = checkpoint.peaks[index];
    return signed === undefined || Buffer.compare(peak, signed) !== 0;
  });
  const { from = 0, to = tree.size } = ranges[place] ?? {};
  const first = Math.max(from, Math.min(coveredBefore, to - 1));
  return rangeOf(first + 1, to, 'rewritten');
}

function rangeOf(sequence: number, through: number, reason: ExportBrokenReason): Finding {
  return through === sequence ? { sequence, reason } : { sequence, reason, through };
}

/** Within the first range that differs from what was signed, or before it, a record that is known says more. */
function firstOf(
  named: Finding | undefined,
  range: Finding | undefined,
  broken: { readonly link: BrokenRecord; readonly place: number } | undefined,
): Finding | undefined {
  const isLinkFirst = broken !== undefined && broken.place <= (named?.sequence ?? broken.place);
  const known = isLinkFirst ? broken.link : named;
  const place = isLinkFirst ? broken.place : (named?.sequence ?? Infinity);
  return range === undefined || place <= (range.through ?? range.sequence) ? (known ?? range) : range;
}

async function* linesOf(open: () => AsyncIterable<string>): AsyncGenerator<ReadLine, void, undefined> {
  let number = 0;
  for await (const text of open()) {
    number += 1;
    if (text.trim() !== '') yield readLine(text, number);
  }
}
