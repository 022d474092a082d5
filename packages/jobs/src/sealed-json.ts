import type { SealingBox } from '@millrace/sealing';

/** Seals a value to a place, such as `job_…:request`, so that it opens nowhere else. */
export function sealJson(box: SealingBox, place: string, value: unknown): Uint8Array {
  return box.seal(Buffer.from(JSON.stringify(value), 'utf8'), place);
}

/** @throws `decryption_failed`, `key_erased` */
export function openJson(box: SealingBox, place: string, sealed: Uint8Array): unknown {
  return JSON.parse(Buffer.from(box.open(sealed, place)).toString('utf8'));
}
