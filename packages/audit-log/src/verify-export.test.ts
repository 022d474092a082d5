import { readFileSync } from 'node:fs';
import { createCodec } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { hashOfRecord, noHash } from './chain.ts';
import { emptyTree, inclusionPath, leafHash } from './merkle.ts';
import { checkReceipt, type Receipt } from './receipt.ts';
import { chainOf, checkpointOf, encodeRecord, exportOf, newSigner } from './testing.ts';
import { verifyExport, type ExportVerification, type Trust } from './verify-export.ts';

const codec = createCodec();
const signer = newSigner();
const keys = new Map([[signer.publicKey.keyId, signer.publicKey]]);
const records = chainOf(codec, 12);
const sizes = [3, 7, 12];
const checkpoints = sizes.map((size) => checkpointOf(codec, signer, records.slice(0, size)));

function verify(lines: readonly string[], trust: Partial<Trust> = {}): Promise<ExportVerification> {
  return verifyExport(
    async function* () {
      yield* lines;
    },
    { codec, keys, ...trust },
  );
}
const broken = async (
  tampered: readonly Uint8Array[],
  signed: readonly Uint8Array[] = checkpoints,
  trust: Partial<Trust> = {},
) => {
  const result = await verify(exportOf(signed, tampered), trust);
  expect(result.verified).toBe(false);
  return result.firstBroken;
};
const lineOf = (checkpoint: Uint8Array) =>
  JSON.stringify({ checkpoint: Buffer.from(checkpoint).toString('base64') });
const flip = (bytes: Uint8Array, text: string): Uint8Array => {
  const changed = Uint8Array.from(bytes);
  const place = Buffer.from(bytes).indexOf(text);
  expect(place).toBeGreaterThan(0);
  changed[place] = (changed[place] as number) ^ 1;
  return changed;
};
const hashOf = (record: Uint8Array | undefined): Uint8Array => record?.subarray(-noHash.length) ?? noHash;
/** Another record in a place, with a hash that fits it and a link to the one before. */
const forgedAt = (sequence: number): Uint8Array =>
  encodeRecord(codec, { sequence, previousHash: hashOf(records[sequence - 2]), subjectId: 'forged' });

const encoded = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('base64');

function receiptOf(sequence: number, size: number, changes: Partial<Receipt> = {}): Receipt {
  const path = inclusionPath(sequence - 1, emptyTree, records.slice(0, size).map(leafHash));
  return {
    format: 'millrace-receipt/1',
    record: encoded(records[sequence - 1]),
    checkpoint: encoded(checkpointOf(codec, signer, records.slice(0, size))),
    path: path.map(encoded),
    ...changes,
  };
}

describe('an export', () => {
  it('verifies with nothing but the public key', async () => {
    expect(await verify(exportOf(checkpoints, records))).toEqual({
      tenant: 'acme',
      records: 12,
      checkpoints: 3,
      signed: { records: 12, at: 1_767_225_600_012, keyId: signer.publicKey.keyId },
      verified: true,
      brokenCheckpoints: [],
      brokenReceipts: [],
    });
  });

  it('verifies where there is nothing', async () => {
    expect(await verify(exportOf([], []))).toMatchObject({ records: 0, verified: true });
  });

  it('is refused where it is none', async () => {
    await expect(verify(['{"record":""}'])).rejects.toMatchObject({ code: 'invalid_value' });
    await expect(verify(['no JSON'])).rejects.toMatchObject({ message: 'Line 1 is not JSON.' });
    await expect(verify([...exportOf([], []), '{}'])).rejects.toMatchObject({
      message: 'Line 2 has neither format millrace-audit/1 nor a checkpoint nor a record.',
    });
  });
});

describe('tampering with records', () => {
  it.each([1, 3, 5, 12])('names record %i that was changed', async (sequence) => {
    const changed = flip(records[sequence - 1] as Uint8Array, 'event of');
    expect(await broken(records.with(sequence - 1, changed))).toEqual({ sequence, reason: 'changed' });
  });

  it.each([1, 2, 3, 4, 11])('names record %i that was changed together with its hash', async (sequence) => {
    expect(await broken(records.with(sequence - 1, forgedAt(sequence)))).toEqual({
      sequence,
      reason: 'changed',
    });
  });

  it.each([1, 4, 11])('names record %i that was removed', async (sequence) => {
    expect(await broken(records.toSpliced(sequence - 1, 1))).toEqual({ sequence, reason: 'removed' });
  });

  it('names a record that was inserted', async () => {
    expect(await broken(records.toSpliced(4, 0, forgedAt(5)))).toEqual({ sequence: 5, reason: 'inserted' });
    expect(await broken(records.toSpliced(4, 0, records[1] as Uint8Array))).toEqual({
      sequence: 2,
      reason: 'inserted',
    });
  });

  it('names a record that was moved', async () => {
    const [first, second, third, ...rest] = records as [Uint8Array, Uint8Array, Uint8Array];
    expect(await broken([first, third, second, ...rest])).toEqual({ sequence: 3, reason: 'reordered' });
  });

  it('names one that cannot be read, and one of another tenant', async () => {
    expect(await broken(records.with(3, Buffer.from('garbage')))).toEqual({
      sequence: 4,
      reason: 'unreadable',
    });
    const foreign = encodeRecord(codec, { tenant: 'other', sequence: 12, previousHash: hashOf(records[10]) });
    expect(await broken(records.with(11, foreign))).toMatchObject({ sequence: 12 });
  });

  it('finds a chain that was written anew with hashes that fit, as near as the signatures tell', async () => {
    const anew = chainOf(codec, 12, 'acme', [...records.slice(0, 5), forgedAt(6)]);
    expect(await broken(anew)).toEqual({ sequence: 5, reason: 'rewritten', through: 6 });
    const last = [...records.slice(0, 11), forgedAt(12)];
    expect(await broken(last)).toEqual({ sequence: 9, reason: 'rewritten', through: 12 });
    const all = chainOf(codec, 12, 'acme', [forgedAt(1)]);
    expect(await broken(all)).toEqual({ sequence: 1, reason: 'rewritten', through: 2 });
  });

  it('names it exactly where each record is signed', async () => {
    const each = records.map((_, index) => checkpointOf(codec, signer, records.slice(0, index + 1)));
    const anew = chainOf(codec, 12, 'acme', [...records.slice(0, 5), forgedAt(6)]);
    expect(await broken(anew, each)).toEqual({ sequence: 6, reason: 'rewritten' });
  });

  it('does not take records that nobody signed', async () => {
    expect(await broken(records, checkpoints.slice(0, 2))).toEqual({
      sequence: 8,
      reason: 'unsigned',
      through: 12,
    });
    expect(await broken(records, [])).toEqual({ sequence: 1, reason: 'unsigned', through: 12 });
  });
});

describe('a tail that was cut off', () => {
  it('shows against the checkpoints of the export', async () => {
    expect(await broken(records.slice(0, 9))).toEqual({ sequence: 10, reason: 'truncated', through: 12 });
  });

  it('shows against a checkpoint that somebody else kept, where the checkpoints were cut off too', async () => {
    const cut = exportOf(checkpoints.slice(0, 2), records.slice(0, 7));
    expect((await verify(cut)).verified).toBe(true);
    const ofOthers = checkpointOf(codec, signer, chainOf(codec, 20, 'other'), 'other');
    const result = await verify(cut, {
      checkpoints: [lineOf(ofOthers), lineOf(checkpoints[2] as Uint8Array)],
    });
    expect(result.firstBroken).toEqual({ sequence: 8, reason: 'truncated', through: 12 });
  });

  it('shows against a receipt', async () => {
    const cut = exportOf(checkpoints.slice(0, 2), records.slice(0, 7));
    const result = await verify(cut, { receipts: [receiptOf(9, 12)] });
    expect(result.firstBroken).toEqual({ sequence: 8, reason: 'truncated', through: 12 });
  });
});

describe('tampering with signatures', () => {
  it('does not take a checkpoint that another key signed, under its own name or another one', async () => {
    const stranger = newSigner();
    const own = checkpointOf(codec, stranger, records);
    const { keyId } = signer.publicKey;
    const pretended = checkpointOf(
      codec,
      { ...stranger, publicKey: { ...stranger.publicKey, keyId } },
      records,
    );
    const result = await verify(exportOf([...checkpoints, own, pretended], records));
    expect(result).toMatchObject({
      verified: false,
      brokenCheckpoints: [
        { place: 4, size: 12, reason: 'unknown_key' },
        { place: 5, size: 12, reason: 'forged' },
      ],
    });
    expect(await broken(records, [own, pretended])).toMatchObject({ sequence: 1, reason: 'unsigned' });
  });

  it('does not take a checkpoint that was changed, cannot be read or belongs to another tenant', async () => {
    const [first] = checkpoints as [Uint8Array];
    const changed = Uint8Array.from(first);
    changed[20] = (changed[20] as number) ^ 1;
    const foreign = checkpointOf(codec, signer, chainOf(codec, 2, 'other'), 'other');
    const result = await verify(
      exportOf([...checkpoints, changed, Buffer.from('garbage'), foreign], records),
    );
    expect(result.brokenCheckpoints.map(({ place, reason }) => [place, reason])).toEqual([
      [4, 'forged'],
      [5, 'unreadable'],
      [6, 'foreign'],
    ]);
    expect(result.verified).toBe(false);
  });
});

describe('a receipt', () => {
  it.each([1, 5, 12])('of record %i is checked with the public key alone', (sequence) => {
    const checked = checkReceipt(codec, receiptOf(sequence, 12), keys);
    expect(checked).toMatchObject({ record: { sequence, tenant: 'acme' }, checkpoint: { size: 12 } });
  });

  it.each([
    ['another record', 'not_included', { record: Buffer.from(forgedAt(5)).toString('base64') }],
    [
      'a changed record',
      'changed',
      { record: Buffer.from(flip(records[4]!, 'event of')).toString('base64') },
    ],
    ['garbage', 'unreadable', { record: 'AAAA' }],
    ['another path', 'not_included', { path: receiptOf(6, 12).path }],
    ['no path', 'not_included', { path: [] }],
    ['the checkpoint of a larger chain', 'not_included', { checkpoint: receiptOf(5, 7).checkpoint }],
    [
      'a checkpoint of a stranger',
      'checkpoint_unknown_key',
      { checkpoint: Buffer.from(checkpointOf(codec, newSigner(), records)).toString('base64') },
    ],
    [
      'a forged checkpoint',
      'checkpoint_forged',
      { checkpoint: Buffer.from(flip(checkpoints[2]!, 'acme')).toString('base64') },
    ],
  ])('with %s proves nothing', async (_, problem, changes) => {
    const receipt = receiptOf(5, 12, changes);
    expect(checkReceipt(codec, receipt, keys)).toEqual({ problem });
    expect(await verify(exportOf(checkpoints, records), { receipts: [receipt] })).toMatchObject({
      verified: false,
      brokenReceipts: [{ place: 1, reason: problem }],
    });
  });

  it('shows that the record of an export is another one', async () => {
    const anew = chainOf(codec, 12, 'acme', [...records.slice(0, 5), forgedAt(6)]);
    const resigned = checkpointOf(codec, signer, anew);
    const result = await verify(exportOf([resigned], anew), { receipts: [receiptOf(6, 12)] });
    expect(result.verified).toBe(false);
  });
});

it('follows records that an older version wrote', async () => {
  const file = new URL('../../../schemas/fixtures/audit.recorded.v1.json', import.meta.url);
  const { bytes } = JSON.parse(readFileSync(file, 'utf8')) as { readonly bytes: string };
  // The sample has a sequence, and hashes, that are no chain: its body is written again.
  const header = Buffer.from(bytes, 'base64').subarray(0, 10);
  const old = oldRecord(header);
  const next = encodeRecord(codec, { sequence: 2, previousHash: hashOf(old) });
  const signed = checkpointOf(codec, signer, [old, next]);
  expect(await verify(exportOf([signed], [old, next]))).toMatchObject({ records: 2, verified: true });
});

/** A first record in the encoding of version 1: the fields in order, texts and bytes behind their lengths. */
function oldRecord(header: Uint8Array): Uint8Array {
  const body = Buffer.concat([
    header,
    text('acme'),
    long(1),
    text('01890a5d-ac96-774b-bcce-b302099a8057'),
    text('request.closed'),
    text('request 1'),
    long(7),
    long(8),
    long(9),
    text('event'),
    noHash,
    noHash,
  ]);
  return Buffer.concat([body.subarray(0, -noHash.length), hashOfRecord(body)]);
}

const text = (value: string) => Buffer.from([value.length * 2, ...Buffer.from(value)]);
const long = (value: number) => Buffer.from([value * 2]);
