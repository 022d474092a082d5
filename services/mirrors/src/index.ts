export { mirrorsSettings, type MirrorsSettings } from './config.ts';
export { startMirrors } from './service.ts';
