import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';

/** Forces a file, or the entries of a folder, onto the disk. */
export function syncToDisk(path) {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Puts a finished file or folder in its place: it is there whole, or not at all. */
export function publish(temporary, destination, { mode } = {}) {
  mkdirSync(dirname(destination), { recursive: true });
  if (mode !== undefined) chmodSync(temporary, mode);
  syncToDisk(temporary);
  renameSync(temporary, destination);
  syncToDisk(dirname(destination));
}
