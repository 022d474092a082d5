export { piiSettings, type PiiSettings } from './config.ts';
export { startPii, type PiiDependencies } from './service.ts';
