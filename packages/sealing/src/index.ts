export type { KeyStore, WrappedKey } from './key-store.ts';
export { loadMasterKey, type MasterKeyOptions } from './master-key.ts';
export { createMemoryKeyStore } from './memory-key-store.ts';
export { createSealing, type Sealing, type SealingBox } from './sealing.ts';
