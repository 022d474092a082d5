import { MillraceError, type Clock } from '@millrace/runtime';
import { describeOwner, type KeyOwner } from './key-owner.ts';
import type { KeyRing, KeyStore, StoredKeyRing, WrappedKey } from './key-store.ts';
import { createWrapping } from './wrapping.ts';

/** What those need who change keys. */
export interface KeyChanging {
  readonly keyStore: KeyStore;
  /** 32 bytes each: the first wraps, all unwrap. */
  readonly masterKeys: readonly Uint8Array[];
  readonly clock: Clock;
}

/** Within so long every process knows of a key that the store has. */
const knownEverywhereMs = 5_000;
/** How long after a rotation someone may still seal under the key before: longer than any piece of work. */
const stillSealingMs = 60 * 60_000;

/**
 * Gives an owner another data key for what is sealed from now on; those before it go on to open. The new key is told to all processes
 * before any of them seals with it. One that was cut off is finished by the next call.
 *
 * @returns id of the key that seals now
 * @throws `request_not_found` where the owner has no key; `decryption_failed` when the master key is another; the signal's reason
 */
export async function rotateDataKey(
  { keyStore, masterKeys, clock }: KeyChanging,
  owner: KeyOwner,
  signal: AbortSignal,
): Promise<string> {
  const wrapping = createWrapping(masterKeys);
  const announced = await change(keyStore, owner, (ring) => {
    if (nextOf(ring) !== undefined) return undefined;
    const next = wrapping.make(owner, Math.max(clock.now(), ring.current.at + 1));
    return { current: ring.current, others: [next, ...ring.others] };
  });
  await clock.sleep(knownEverywhereMs, signal);
  const wanted = nextOf(announced)?.keyId;
  const rotated = await change(keyStore, owner, (ring) => {
    const next = nextOf(ring);
    if (next === undefined || next.keyId !== wanted) return undefined;
    return { current: next, others: [ring.current, ...ring.others.filter((key) => key !== next)] };
  });
  return rotated.current.keyId;
}

/**
 * Destroys the keys of an owner under which only such content was sealed that is no longer kept.
 *
 * @param keptSince when the oldest content that is kept was sealed, in milliseconds since the epoch
 * @returns how many
 */
export async function dropOldKeys(
  { keyStore }: Pick<KeyChanging, 'keyStore'>,
  owner: KeyOwner,
  keptSince: number,
): Promise<number> {
  let dropped = 0;
  if ((await keyStore.get(owner)) === undefined) return 0;
  await change(keyStore, owner, (ring) => {
    const kept = ring.others.filter((key) => sealedUntil(ring, key) >= keptSince);
    dropped = ring.others.length - kept.length;
    return dropped === 0 ? undefined : { current: ring.current, others: kept };
  });
  return dropped;
}

/** A key that is about to seal. */
function nextOf({ current, others }: KeyRing): WrappedKey | undefined {
  return others.find(({ at }) => at > current.at);
}

/** When the last content was sealed under a key. */
function sealedUntil({ current, others }: KeyRing, { at }: WrappedKey): number {
  const later = [current, ...others].map((key) => key.at).filter((other) => other > at);
  return later.length === 0 ? Infinity : Math.min(...later) + stillSealingMs;
}

/** Changes a ring; undefined leaves it. @returns the ring that stands */
export async function change(
  keyStore: KeyStore,
  owner: KeyOwner,
  changed: (ring: StoredKeyRing) => KeyRing | undefined,
): Promise<KeyRing> {
  for (;;) {
    const ring = await keyStore.get(owner);
    if (ring === undefined)
      throw new MillraceError('request_not_found', `The ${describeOwner(owner)} has no data key.`);
    const wanted = changed(ring);
    if (wanted === undefined) return ring;
    if (await keyStore.replace(owner, wanted, ring.revision)) return wanted;
  }
}
