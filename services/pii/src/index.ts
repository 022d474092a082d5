export { piiSettings, type PiiSettings } from './config.ts';
export { startPii } from './service.ts';
