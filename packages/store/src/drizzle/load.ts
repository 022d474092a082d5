import { createRequire } from 'node:module';

/**
 * Loads Drizzle's CommonJS build. For each of the 600 imports within its other build Node parses a package.json of 180 KB, which takes
 * 0.4 s and 200 MB in each process that starts.
 */
export const load = createRequire(import.meta.url);
