import type { KeyOwner } from './key-owner.ts';
import type { KeyListener, KeyStore, StoredKeyRing } from './key-store.ts';

/** Keys in memory: for tests, and for tools that seal nothing that outlives them. */
export function createMemoryKeyStore(): KeyStore {
  const rings = new Map<string, { readonly owner: KeyOwner; readonly ring: StoredKeyRing }>();
  const listeners = new Set<KeyListener>();
  let revision = 0;
  const tell: KeyListener = (owner, change) => {
    for (const listener of listeners) listener(owner, change);
  };
  return {
    get: async (owner) => rings.get(nameOf(owner))?.ring,
    async create(owner, ring) {
      const present = rings.get(nameOf(owner))?.ring;
      if (present !== undefined) return present;
      rings.set(nameOf(owner), { owner, ring: { ...ring, revision: (revision += 1) } });
      tell(owner, 'written');
      return ring;
    },
    async replace(owner, ring, expected) {
      if (rings.get(nameOf(owner))?.ring.revision !== expected) return false;
      rings.set(nameOf(owner), { owner, ring: { ...ring, revision: (revision += 1) } });
      tell(owner, 'written');
      return true;
    },
    overwriteReplaced: async () => {},
    async erase(owner) {
      rings.delete(nameOf(owner));
      tell(owner, 'erased');
    },
    owners: async (tenant) =>
      [...rings.values()]
        .map(({ owner }) => owner)
        .filter((owner) => tenant === undefined || owner.tenant === tenant),
    async watch(listener) {
      listeners.add(listener);
      return {
        async stop() {
          listeners.delete(listener);
        },
      };
    },
  };
}

function nameOf({ tenant, user }: KeyOwner): string {
  return JSON.stringify([tenant, user]);
}
