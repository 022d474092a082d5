import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { reasonOf, SetUpError } from './set-up-error.mjs';

/** The one folder for everything fetched or made: `MILLRACE_CACHE_DIR`, else the user's cache folder. */
export function cacheFolder(environment) {
  if (environment.MILLRACE_CACHE_DIR) return resolve(environment.MILLRACE_CACHE_DIR);
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace');
}

/** Makes a folder inside the cache, and names the cause and the setting where that is refused. */
export function ensureFolder(path) {
  if (existsSync(path)) return path;
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new SetUpError(`the cache folder cannot be written: ${reasonOf(error)}.`, {
      supply: ['MILLRACE_CACHE_DIR=/a/folder/that/can/be/written'],
      cause: error,
    });
  }
  return path;
}
