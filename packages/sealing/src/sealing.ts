import { MillraceError, systemClock, type Clock, type Stoppable } from '@millrace/runtime';
import type { KeyOwner } from './key-owner.ts';
import type { KeyStore } from './key-store.ts';
import { rotateDataKey } from './rotate-data-key.ts';
import { createBox, type SealingBox } from './sealing-box.ts';
import { createWrapping } from './wrapping.ts';

/** Envelope encryption: a data key for each tenant, and for each user of a tenant, wrapped by the master key. */
export interface Sealing extends Stoppable {
  /** The tenant's box; makes the tenant's data key on first use. @throws `decryption_failed` when the master key is another */
  forTenant(tenant: string): Promise<SealingBox>;
  /** The box for what a user of a tenant has asked: it seals under the user's key, and opens what either key has sealed. Null: `forTenant`. */
  forUser(tenant: string, user: string | null): Promise<SealingBox>;
  /** Destroys the keys of a tenant and all of its users: nothing that was sealed under them can be opened again, by anyone. @returns how many owners had keys */
  eraseTenant(tenant: string): Promise<number>;
  /** The same for one user. @returns 0 or 1 */
  eraseUser(tenant: string, user: string): Promise<number>;
  /**
   * Gives an owner another data key for what is sealed from now on, @see rotateDataKey: it takes five seconds.
   *
   * @returns id of the key
   * @throws `request_not_found` where the owner has no key; the signal's reason
   */
  rotate(owner: KeyOwner, signal: AbortSignal): Promise<string>;
  /** Calls the listener with whoever is erased from now on, by whatever process. */
  onErased(listener: (owner: KeyOwner) => void): Stoppable;
}

/** Tenants whose keys are kept unwrapped in memory, and users of each. */
const maxCachedTenants = 10_000;
const maxCachedUsers = 10_000;

/** A box that was loaded so short a time ago knows of all keys: the store tells of new ones long before they seal. */
const freshMs = 10_000;

/** Whose key is made first and belongs to nobody: it shows whether the master key is the one of the key store. */
export const witness: KeyOwner = { tenant: '$platform', user: null };

/**
 * @param masterKeys 32 bytes each, @see loadMasterKeys: the first wraps new data keys, all unwrap
 * @throws `config_invalid` when the key store's keys were wrapped by another master key
 */
export async function createSealing(
  masterKeys: Uint8Array | readonly Uint8Array[],
  keyStore: KeyStore,
  clock: Clock = systemClock,
): Promise<Sealing> {
  const allKeys = masterKeys instanceof Uint8Array ? [masterKeys] : masterKeys;
  const wrapping = createWrapping(allKeys);
  /** By tenant, then by user; null is the tenant's own. */
  const tenants = new Map<string, Map<string | null, Promise<SealingBox>>>();
  const listeners = new Set<(owner: KeyOwner) => void>();

  const drop = ({ tenant, user }: KeyOwner): void => {
    // What a user's box opens includes what is the tenant's.
    if (user === null) tenants.delete(tenant);
    else tenants.get(tenant)?.delete(user);
  };
  const watch = await keyStore.watch((owner, change) => {
    drop(owner);
    if (change === 'erased') for (const listener of listeners) listener(owner);
  });

  const ringOf = async (owner: KeyOwner) => {
    const made = (): Parameters<KeyStore['create']>[1] => ({
      current: wrapping.make(owner, clock.now()),
      others: [],
    });
    const ring = (await keyStore.get(owner)) ?? (await keyStore.create(owner, made()));
    return {
      current: ring.current.keyId,
      keys: [ring.current, ...ring.others].map((key) => [key.keyId, wrapping.unwrap(owner, key)] as const),
    };
  };

  const load = async (owner: KeyOwner): Promise<SealingBox> => {
    const { tenant, user } = owner;
    const loadedAt = clock.monotonicMs();
    const own = await ringOf(owner);
    const shared = user === null ? [] : (await ringOf({ tenant, user: null })).keys;
    return createBox({
      tenant,
      current: own.current,
      keys: new Map([...shared, ...own.keys]),
      onMissing() {
        const isFresh = clock.monotonicMs() - loadedAt < freshMs;
        if (!isFresh) drop(owner);
        return !isFresh;
      },
    });
  };

  const forUser = (tenant: string, user: string | null): Promise<SealingBox> => {
    const known = tenants.get(tenant)?.get(user);
    if (known !== undefined) return known;
    const boxes = tenants.get(tenant) ?? new Map<string | null, Promise<SealingBox>>();
    tenants.set(tenant, boxes);
    const box = load({ tenant, user });
    boxes.set(user, box);
    box.catch(() => boxes.delete(user));
    dropOldest(boxes, maxCachedUsers);
    dropOldest(tenants, maxCachedTenants);
    return box;
  };

  const erase = async (owner: KeyOwner): Promise<void> => {
    await keyStore.erase(owner);
    drop(owner);
  };

  try {
    await ringOf(witness);
  } catch (cause) {
    await watch.stop();
    if (!(cause instanceof MillraceError && cause.code === 'decryption_failed')) throw cause;
    throw new MillraceError(
      'config_invalid',
      'The master key is not the one that the data was sealed with: put the right one into MILLRACE_MASTER_KEY, or into the file that MILLRACE_MASTER_KEY_FILE names.',
      { cause },
    );
  }

  return {
    forTenant: (tenant) => forUser(tenant, null),
    forUser,
    async eraseTenant(tenant) {
      const owners = await keyStore.owners(tenant);
      for (const owner of owners) await erase(owner);
      // Also where there was none: whoever is about to make one learns of it.
      await erase({ tenant, user: null });
      return owners.length;
    },
    async eraseUser(tenant, user) {
      const present = await keyStore.get({ tenant, user });
      await erase({ tenant, user });
      return present === undefined ? 0 : 1;
    },
    rotate: (owner, signal) => rotateDataKey({ keyStore, masterKeys: allKeys, clock }, owner, signal),
    onErased(listener) {
      listeners.add(listener);
      return {
        async stop() {
          listeners.delete(listener);
        },
      };
    },
    async stop() {
      await watch.stop();
      tenants.clear();
    },
  };
}

function dropOldest<Key>(entries: Map<Key, unknown>, most: number): void {
  const oldest = entries.keys().next();
  if (entries.size > most && !oldest.done) entries.delete(oldest.value);
}
