export type { KeyOwner } from './key-owner.ts';
export type { KeyRing, KeyStore, StoredKeyRing, WrappedKey } from './key-store.ts';
export { loadMasterKeys, type MasterKeyOptions } from './master-key.ts';
export { createMemoryKeyStore } from './memory-key-store.ts';
export { dropOldKeys, rotateDataKey, type KeyChanging } from './rotate-data-key.ts';
export { rotateMasterKey, type MasterKeyRotation } from './rotate-master-key.ts';
export { createSealing, type Sealing } from './sealing.ts';
export { storeKeys } from './store-key.ts';
export type { SealingBox } from './sealing-box.ts';
