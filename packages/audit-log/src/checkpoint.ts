import type { AuditCheckpointed, Codec } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import { peakRanges, rootOf, type Tree } from './merkle.ts';
import type { PublicKeys } from './public-key.ts';
import type { Signer } from './signer.ts';

/** `signature` is the last field of a checkpoint and fixed, so it is the end of its encoding. */
const signatureBytes = 64;
const noSignature: Uint8Array = Buffer.alloc(signatureBytes);

/** A checkpoint before it is signed. */
export type CheckpointDraft = Omit<AuditCheckpointed, 'key_id' | 'signature' | 'root' | 'size' | 'peaks'> & {
  readonly tree: Tree;
};

/** Signs a checkpoint: the encoding up to the signature, single-object header included. @returns the event, encoded */
export function signCheckpoint(
  codec: Codec,
  signer: Signer,
  { tree, ...draft }: CheckpointDraft,
): Uint8Array {
  const encoded = codec.encode('audit.checkpointed', {
    ...draft,
    size: tree.size,
    root: rootOf(tree),
    peaks: tree.peaks,
    key_id: signer.publicKey.keyId,
    signature: noSignature,
  });
  const signed = encoded.subarray(0, encoded.length - signatureBytes);
  return Buffer.concat([signed, signer.sign(signed)]);
}

/** What is wrong with a checkpoint. `unknown_key`: signed by a key that was not given. */
export type CheckpointProblem = 'unreadable' | 'unknown_key' | 'forged';

export type CheckedCheckpoint =
  | { readonly checkpoint: AuditCheckpointed; readonly problem?: undefined }
  | { readonly checkpoint?: AuditCheckpointed; readonly problem: CheckpointProblem };

/** Reads a checkpoint as it is stored and checks its signature. */
export function checkCheckpoint(codec: Codec, encoded: Uint8Array, keys: PublicKeys): CheckedCheckpoint {
  let checkpoint: AuditCheckpointed;
  try {
    checkpoint = codec.decode('audit.checkpointed', encoded);
  } catch (error) {
    if (error instanceof MillraceError) return { problem: 'unreadable' };
    throw error;
  }
  const key = keys.get(checkpoint.key_id);
  if (key === undefined) return { checkpoint, problem: 'unknown_key' };
  const signed = encoded.subarray(0, encoded.length - signatureBytes);
  const isGood =
    key.isSignatureOf(signed, checkpoint.signature) &&
    checkpoint.peaks.length === peakRanges(checkpoint.size).length &&
    Buffer.compare(rootOf(treeOf(checkpoint)), checkpoint.root) === 0;
  return isGood ? { checkpoint } : { checkpoint, problem: 'forged' };
}

/** The tree that a checkpoint signs. */
export function treeOf({ size, peaks }: Pick<AuditCheckpointed, 'size' | 'peaks'>): Tree {
  return { size, peaks };
}
