import { subjectToken, fromSubjectToken } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { KeyStore, WrappedKey } from '@millrace/sealing';
import type { StageDependencies } from './stage-dependencies.ts';

/** The wrapped data keys of the tenants, kept in the bucket KEYS. */
export function createBucketKeyStore({
  bus,
  codec,
  clock,
}: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>): KeyStore {
  const bucket = bus.bucket('KEYS');
  const get = async (tenant: string): Promise<WrappedKey | undefined> => {
    const entry = await bucket.get(subjectToken(tenant));
    if (entry === undefined) return undefined;
    const { key_id: keyId, wrapped } = codec.decode('key.wrapped', entry.value);
    return { keyId, wrapped };
  };
  return {
    get,
    async create(tenant, key) {
      const value = codec.encode('key.wrapped', {
        tenant,
        key_id: key.keyId,
        wrapped: key.wrapped,
        at: clock.now(),
      });
      if (await bucket.create(subjectToken(tenant), value)) return key;
      const winner = await get(tenant);
      if (winner === undefined)
        throw new MillraceError('key_erased', 'The key of the tenant was erased while it was made.');
      return winner;
    },
    erase: (tenant) => bucket.erase(subjectToken(tenant)),
    watchErasures: (listener) =>
      bucket.watch('*', ({ key, value }) => {
        if (value === undefined) listener(fromSubjectToken(key));
      }),
  };
}
