export { jobsSettings, type JobsSettings } from './config.ts';
export { startJobs } from './service.ts';
