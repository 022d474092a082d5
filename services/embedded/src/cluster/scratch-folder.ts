import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stoppable } from '@millrace/runtime';

export interface ScratchFolder extends Stoppable {
  readonly path: string;
}

/** A new folder for a cluster's data; `stop` removes it. */
export async function createScratchFolder(): Promise<ScratchFolder> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-cluster-'));
  // As root, PostgreSQL runs as another user, who has to get there.
  await chmod(path, 0o711);
  return { path, stop: () => rm(path, { recursive: true, force: true }) };
}
