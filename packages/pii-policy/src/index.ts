export {
  actionOf,
  defaultPiiPolicy,
  needsHash,
  needsNames,
  needsSentences,
  piiActions,
  type CustomPattern,
  type Direction,
  type PiiAction,
  type PiiPolicy,
} from './pii-policy.ts';
export { compilePatterns, InvalidPattern, piiTypes } from './own-patterns.ts';
export { countGenerated, type GeneratedTexts } from './count-generated.ts';
export { detectorOf, type DetectorOptions } from './detector-of.ts';
export { parseStructure, replaceInText, replaceInValue, type Replace } from './replace-in-json.ts';
export { placeholderNamesIn } from './placeholder.ts';
export {
  ContentBlocked,
  createMasker,
  TooManyPlaceholders,
  TooMuchGrowth,
  type Detect,
  type Finding,
  type Masker,
  type MaskerOptions,
  type PiiCount,
} from './masker.ts';
export { maskField } from './mask-field.ts';
export { mayHoldForms } from './may-hold.ts';
export { pathWithoutValues, withoutValues } from './without-values.ts';
export { keyedHash } from './keyed-hash.ts';
export { createRestorer, restoreText, type Restorer, type RestorerOptions } from './restorer.ts';
export { createOutputGuard, type OutputGuard, type OutputGuardOptions } from './output-guard.ts';
