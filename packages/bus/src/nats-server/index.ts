export type { SyncPolicy } from './config-file.ts';
export { findNatsServer } from './find-nats-server.ts';
export { startScratchServer, type ScratchServer } from './scratch-server.ts';
export { oldestNatsServer } from './server-version.ts';
export { startNatsServer, type NatsServer, type NatsServerOptions } from './start-nats-server.ts';
