export type { DataSubject, PersonalDataDependencies } from './data-subject.ts';
export { erase, reportOf, resumeErasures, type ErasureReport } from './erasure/erase.ts';
export { beginErasure, listErasures, type BegunErasure, type ErasureRow } from './erasure/erasure-record.ts';
export type { Remains } from './erasure/remains.ts';
export { exportPersonalData } from './export/export-personal-data.ts';
export type { KeptData } from './kept/kept-data.ts';
export {
  changeDataPolicy,
  findDataPolicy,
  publishDataPolicies,
  readDataPolicy,
  setDataPolicy,
  type DataPolicySettings,
  type StoredDataPolicy,
} from './policy/data-policy.ts';
export { createStreamPurge, type StreamPurge } from './policy/purge-streams.ts';
export { createConsent, type Consent } from './training/consent.ts';
export {
  findConsentedRequest,
  listConsentedRequests,
  type ConsentedPlace,
  type ConsentedRequest,
} from './training/consented-requests.ts';
export { exportExamples, withdrawExamples } from './training/examples.ts';
export { keepExample, requireTrainingAllowed, type ConsentedAnswer } from './training/keep-example.ts';
export { retireDataKeys } from './keys/retire-data-keys.ts';
export { reportKeptData } from './kept/report-kept-data.ts';
