import type { KeyStore, WrappedKey } from './key-store.ts';

/** Keys in memory: for tests, and for tools that seal nothing that outlives them. */
export function createMemoryKeyStore(): KeyStore {
  const keys = new Map<string, WrappedKey>();
  const listeners = new Set<(tenant: string) => void>();
  return {
    get: async (tenant) => keys.get(tenant),
    async create(tenant, key) {
      const present = keys.get(tenant);
      if (present === undefined) keys.set(tenant, key);
      return present ?? key;
    },
    async erase(tenant) {
      keys.delete(tenant);
      for (const listener of listeners) listener(tenant);
    },
    async watchErasures(listener) {
      listeners.add(listener);
      return {
        async stop() {
          listeners.delete(listener);
        },
      };
    },
  };
}
