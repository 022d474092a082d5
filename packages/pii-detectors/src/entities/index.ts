export {
  AnalysisCancelled,
  createAnalyzer,
  type AnalysisOptions,
  type Analyzer,
  type AnalyzerOptions,
} from './analyzer.ts';
export { anonymize, type Anonymized, type AnonymizedItem, type Operator } from './anonymize.ts';
export { defaultMinScore, entityTypes, nameTypes, type Entity, type EntityType } from './entity.ts';
export { insertHeadOf, openInsertOf, openTableOf, type OpenTable } from './field-labels.ts';
export { InvalidPattern, type OwnPattern } from './own-patterns.ts';
export { piecesIn } from './pieces.ts';
export { presidioNames, type PresidioNames } from './presidio-names.ts';
export type { Recognizer } from './recognizer.ts';
export { withoutOverlaps } from './without-overlaps.ts';
