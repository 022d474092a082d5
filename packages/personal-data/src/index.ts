export type { DataSubject, PersonalDataDependencies } from './data-subject.ts';
export { erase, reportOf, resumeErasures, type ErasureReport } from './erasure/erase.ts';
export { listErasures, type ErasureRow } from './erasure/erasure-record.ts';
export type { Remains } from './erasure/remains.ts';
export type { KeptData } from './kept/kept-data.ts';
export { reportKeptData } from './kept/report-kept-data.ts';
