export { createDetector, detect } from './detect.ts';
export type { Finding, PiiType } from './finding.ts';
export { placeholdersIn } from './placeholder.ts';
export { createReplacer, TooManyPlaceholders, type Replacer, type ReplacerOptions } from './replacer.ts';
export { createRestorer, type Restorer } from './restorer.ts';
