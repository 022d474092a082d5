import type { Stoppable } from '@millrace/runtime';
import type { KeyOwner } from './key-owner.ts';

/** A data key, encrypted by the master key. */
export interface WrappedKey {
  /** 16 hexadecimal digits; which of the owner's keys it is. */
  readonly keyId: string;
  readonly wrapped: Uint8Array;
  /** When it was made, in milliseconds since the epoch. */
  readonly at: number;
}

/** The data keys of an owner. */
export interface KeyRing {
  /** The one that seals. */
  readonly current: WrappedKey;
  /** Those that only open: older ones, and one that is about to seal. */
  readonly others: readonly WrappedKey[];
}

/** A ring as it is kept. */
export interface StoredKeyRing extends KeyRing {
  /** Which writing of it. */
  readonly revision: number;
}

/** Called with the owner of each ring that is written or erased, by whatever process. */
export type KeyListener = (owner: KeyOwner, change: 'written' | 'erased') => void;

/** Where wrapped keys are kept. To erase one there is to shred all content that it sealed. */
export interface KeyStore {
  get(owner: KeyOwner): Promise<StoredKeyRing | undefined>;
  /** Keeps the ring unless the owner has one. @returns the ring that is kept: this one, or the one that was there */
  create(owner: KeyOwner, ring: KeyRing): Promise<KeyRing>;
  /** Keeps another ring in the place of the one of this revision, and overwrites that one. @returns false when it has changed meanwhile */
  replace(owner: KeyOwner, ring: KeyRing, revision: number): Promise<boolean>;
  /** Overwrites what a replacement that was cut off has left in storage. */
  overwriteReplaced(owner: KeyOwner): Promise<void>;
  erase(owner: KeyOwner): Promise<void>;
  /** Who has keys: of one tenant, itself and its users, or all. */
  owners(tenant?: string): Promise<readonly KeyOwner[]>;
  watch(listener: KeyListener): Promise<Stoppable>;
}
