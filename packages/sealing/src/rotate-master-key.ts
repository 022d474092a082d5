import { MillraceError } from '@millrace/runtime';
import type { KeyOwner } from './key-owner.ts';
import { change, type KeyChanging } from './rotate-data-key.ts';
import { createWrapping, type Wrapping } from './wrapping.ts';

/** What was done, and what there is. */
export interface MasterKeyRotation {
  /** Tenants and users that have keys. */
  readonly owners: number;
  /** Those whose keys were under another master key. */
  readonly rewrapped: number;
}

/**
 * Wraps every data key by the first master key and overwrites what the others have wrapped, so that those are no longer needed.
 * Content stays as it is, and is opened meanwhile. Safe to repeat: it goes on where it was cut off.
 *
 * @param onProgress called with the share that is done, 0 to 1
 * @throws `decryption_failed` when a key is under a master key that is not among these; the signal's reason
 */
export async function rotateMasterKey(
  { keyStore, masterKeys }: Omit<KeyChanging, 'clock'>,
  signal: AbortSignal,
  onProgress: (share: number) => void = () => undefined,
): Promise<MasterKeyRotation> {
  const wrapping = createWrapping(masterKeys);
  let rewrapped = 0;
  for (;;) {
    const owners = await keyStore.owners();
    let found = 0;
    for (const [index, owner] of owners.entries()) {
      signal.throwIfAborted();
      if (await rewrap(keyStore, wrapping, owner)) found += 1;
      onProgress((index + 1) / owners.length);
    }
    rewrapped += found;
    // Others may have made keys under the master key that was theirs: then there is another round.
    if (found === 0) return { owners: owners.length, rewrapped };
  }
}

async function rewrap(
  keyStore: KeyChanging['keyStore'],
  wrapping: Wrapping,
  owner: KeyOwner,
): Promise<boolean> {
  let isChanged = false;
  try {
    await change(keyStore, owner, (ring) => {
      const keys = [ring.current, ...ring.others];
      const again = keys.map((key) => wrapping.rewrap(owner, key));
      isChanged = again.some((key) => key !== undefined);
      if (!isChanged) return undefined;
      const [current = ring.current, ...others] = keys.map((key, index) => again[index] ?? key);
      return { current, others };
    });
  } catch (error) {
    // Erased since it was listed.
    if (error instanceof MillraceError && error.code === 'request_not_found') return false;
    throw error;
  }
  await keyStore.overwriteReplaced(owner);
  return isChanged;
}
