import { mkdir, open, rename, rm } from 'node:fs/promises';

/** What an export does to the disk, step by step. */
export interface DurableFiles {
  /** Makes a folder and those above it. */
  makeFolder(folder: string): Promise<void>;
  /** Waits until a file's content, or a folder's names, are on the disk. */
  sync(place: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a folder with all in it, where there is one. */
  remove(place: string): Promise<void>;
}

export const durableFiles: DurableFiles = {
  async makeFolder(folder) {
    await mkdir(folder, { recursive: true });
  },
  async sync(place) {
    const handle = await open(place, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename,
  remove: (place) => rm(place, { recursive: true, force: true }),
};
