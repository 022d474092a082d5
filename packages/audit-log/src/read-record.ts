import type { AuditRecorded, Codec } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';

/** A record as it is stored; undefined when it cannot be decoded. */
export function readRecord(codec: Codec, encoded: Uint8Array): AuditRecorded | undefined {
  try {
    return codec.decode('audit.recorded', encoded);
  } catch (error) {
    if (error instanceof MillraceError) return undefined;
    throw error;
  }
}
