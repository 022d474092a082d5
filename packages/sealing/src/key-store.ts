import type { Stoppable } from '@millrace/runtime';

/** A data key, encrypted by the master key. */
export interface WrappedKey {
  /** 16 hexadecimal digits; which of the tenant's keys it is. */
  readonly keyId: string;
  readonly wrapped: Uint8Array;
}

/** Where wrapped keys are kept. To erase one there is to shred all content that it sealed. */
export interface KeyStore {
  get(tenant: string): Promise<WrappedKey | undefined>;
  /** Keeps the key unless the tenant has one. @returns the key that is kept: this one, or the one that was there */
  create(tenant: string, key: WrappedKey): Promise<WrappedKey>;
  erase(tenant: string): Promise<void>;
  /** Calls the listener with each tenant whose key is erased, by whatever process. */
  watchErasures(listener: (tenant: string) => void): Promise<Stoppable>;
}
