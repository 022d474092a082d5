import { generateKeyPairSync } from 'node:crypto';
import type { Codec } from '@millrace/contracts';
import { hashOfRecord, noHash } from './chain.ts';
import { signCheckpoint } from './checkpoint.ts';
import { exportFormat, writeLine } from './export-line.ts';
import { appendLeaf, emptyTree, leafHash } from './merkle.ts';
import type { Signer } from './signer.ts';
import { signerOf } from './signer.ts';

/** A signer with a new key. */
export function newSigner(): Signer {
  return signerOf(generateKeyPairSync('ed25519').privateKey);
}

/** What a record of a test says; what is left out follows from the record before. */
export interface RecordFields {
  readonly tenant?: string;
  readonly sequence: number;
  readonly previousHash: Uint8Array;
  readonly subjectId?: string;
}

/** A record as it is stored. */
export function encodeRecord(codec: Codec, fields: RecordFields): Uint8Array {
  const { tenant = 'acme', sequence, previousHash, subjectId = `request ${sequence}` } = fields;
  const record = {
    tenant,
    sequence,
    record_id: '01890a5d-ac96-774b-bcce-b302099a8057',
    kind: 'request.closed',
    subject_id: subjectId,
    occurred_at: 1_767_225_600_000,
    recorded_at: 1_767_225_600_000 + sequence,
    source_stream: 'CLOSED',
    source_sequence: sequence,
    event: Buffer.from(`event of ${subjectId}`),
    charge: null,
    previous_hash: previousHash,
    hash: noHash,
  };
  const hash = hashOfRecord(codec.encode('audit.recorded', record));
  return codec.encode('audit.recorded', { ...record, hash });
}

/** A chain of so many records. */
export function chainOf(
  codec: Codec,
  length: number,
  tenant = 'acme',
  from: readonly Uint8Array[] = [],
): Uint8Array[] {
  const records = [...from];
  while (records.length < length) {
    const previousHash = records.at(-1)?.subarray(-noHash.length) ?? noHash;
    records.push(encodeRecord(codec, { tenant, sequence: records.length + 1, previousHash }));
  }
  return records;
}

/** The checkpoint of a chain. */
export function checkpointOf(
  codec: Codec,
  signer: Signer,
  records: readonly Uint8Array[],
  tenant = 'acme',
): Uint8Array {
  return signCheckpoint(codec, signer, {
    tenant,
    tree: records.map(leafHash).reduce(appendLeaf, emptyTree),
    last_hash: records.at(-1)?.subarray(-noHash.length) ?? noHash,
    last_sequence: records.length,
    previous_sequence: 0,
    at: 1_767_225_600_000 + records.length,
  });
}

/** The lines of an export. */
export function exportOf(
  checkpoints: readonly Uint8Array[],
  records: readonly Uint8Array[],
  tenant = 'acme',
): string[] {
  return [
    writeLine({ format: exportFormat, tenant, exported_at: 0, records: records.length, unsigned: 0 }),
    ...checkpoints.map((bytes) => writeLine({ checkpoint: Buffer.from(bytes).toString('base64') })),
    ...records.map((bytes) => writeLine({ record: Buffer.from(bytes).toString('base64') })),
  ];
}
