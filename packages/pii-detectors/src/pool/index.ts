export { AnalyzerBusy, AnalyzerFailed, createAnalyzerPool, type AnalyzerPool } from './analyzer-pool.ts';
