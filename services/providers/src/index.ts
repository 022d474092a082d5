export { providersSettings } from './config.ts';
export { readProviders } from './read-providers.ts';
export { startProviders } from './service.ts';
