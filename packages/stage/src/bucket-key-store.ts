import { subjectToken, fromSubjectToken, type KeyWrapped } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { KeyOwner, KeyRing, KeyStore, StoredKeyRing } from '@millrace/sealing';
import type { StageDependencies } from './stage-dependencies.ts';

/** The wrapped data keys of the tenants and of their users, kept in the bucket KEYS. */
export function createBucketKeyStore({ bus, codec }: Pick<StageDependencies, 'bus' | 'codec'>): KeyStore {
  const bucket = bus.bucket('KEYS');
  const get = async (owner: KeyOwner): Promise<StoredKeyRing | undefined> => {
    const entry = await bucket.get(keyOf(owner));
    if (entry === undefined) return undefined;
    return { ...ringOf(codec.decode('key.wrapped', entry.value)), revision: entry.revision };
  };
  const encode = (owner: KeyOwner, ring: KeyRing): Uint8Array =>
    codec.encode('key.wrapped', eventOf(owner, ring));
  return {
    get,
    async create(owner, ring) {
      if (await bucket.create(keyOf(owner), encode(owner, ring))) return ring;
      const winner = await get(owner);
      if (winner === undefined)
        throw new MillraceError('key_erased', 'The key of the owner was erased while it was made.', {
          retryable: true,
        });
      return winner;
    },
    replace: (owner, ring, revision) => bucket.replace(keyOf(owner), encode(owner, ring), revision),
    overwriteReplaced: (owner) => bucket.overwriteReplaced(keyOf(owner)),
    erase: (owner) => bucket.erase(keyOf(owner)),
    async owners(tenant) {
      if (tenant === undefined) return (await bucket.keys('>')).map(ownerOf);
      const token = subjectToken(tenant);
      const keys = await Promise.all([bucket.keys(token), bucket.keys(`${token}.*`)]);
      return keys.flat().map(ownerOf);
    },
    watch: (listener) =>
      bucket.watch('>', ({ key, value }) =>
        listener(ownerOf(key), value === undefined ? 'erased' : 'written'),
      ),
  };
}

function keyOf({ tenant, user }: KeyOwner): string {
  const token = subjectToken(tenant);
  return user === null ? token : `${token}.${subjectToken(user)}`;
}

function ownerOf(key: string): KeyOwner {
  const [tenant = '', user] = key.split('.');
  return { tenant: fromSubjectToken(tenant), user: user === undefined ? null : fromSubjectToken(user) };
}

function ringOf({ key_id: keyId, wrapped, at, others }: KeyWrapped): KeyRing {
  return {
    current: { keyId, wrapped, at },
    others: others.map((other) => ({ keyId: other.key_id, wrapped: other.wrapped, at: other.at })),
  };
}

function eventOf({ tenant, user }: KeyOwner, { current, others }: KeyRing): KeyWrapped {
  return {
    tenant,
    user_id: user,
    key_id: current.keyId,
    wrapped: current.wrapped,
    at: current.at,
    others: others.map(({ keyId, wrapped, at }) => ({ key_id: keyId, wrapped, at })),
  };
}
