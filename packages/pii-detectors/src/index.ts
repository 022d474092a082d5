export { detect } from './detect.ts';
export type { Finding, PiiType } from './finding.ts';
export { createReplacer, type Replacer, type ReplacerOptions } from './replacer.ts';
export { createRestorer, type Restorer } from './restorer.ts';
