import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeLine } from '@millrace/audit-log';
import { MillraceError } from '@millrace/runtime';
import type { KeepElsewhere } from './checkpointer.ts';

/**
 * Appends checkpoints to a file, a line each, and to the disk itself: best one that this machine cannot change afterwards. A checkpoint
 * that cannot be written is not published either, and is tried again.
 */
export function keepInFile(path: string): KeepElsewhere {
  return async (checkpoint) => {
    try {
      await mkdir(dirname(path), { recursive: true });
      const line = writeLine({ checkpoint: Buffer.from(checkpoint).toString('base64') });
      await appendFile(path, line, { flush: true, mode: 0o644 });
    } catch (cause) {
      const message = `A checkpoint cannot be written to ${path} (MILLRACE_AUDIT_CHECKPOINT_FILE).`;
      throw new MillraceError('unavailable', message, { cause });
    }
  };
}

/** Where there is no second place. */
export const keepNowhere: KeepElsewhere = async () => {};
