import { controlKeys, fromSubjectToken } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';

/** The API keys that are no longer valid, pushed by the broker. */
export interface Revocations extends Stoppable {
  has(keyId: string): boolean;
  /** Calls the listener with each key that is revoked from now on. */
  onRevoked(listener: (keyId: string) => void): Stoppable;
}

export async function watchRevocations({ bus }: Pick<StageDependencies, 'bus'>): Promise<Revocations> {
  const revoked = new Set<string>();
  const listeners = new Set<(keyId: string) => void>();
  const watch = await bus.bucket('CONTROL').watch(controlKeys.revocations, ({ key, value }) => {
    const keyId = fromSubjectToken(key.slice(key.indexOf('.') + 1));
    if (value === undefined) {
      revoked.delete(keyId);
      return;
    }
    revoked.add(keyId);
    for (const listener of listeners) listener(keyId);
  });
  return {
    has: (keyId) => revoked.has(keyId),
    onRevoked(listener) {
      listeners.add(listener);
      return {
        async stop() {
          listeners.delete(listener);
        },
      };
    },
    stop: () => watch.stop(),
  };
}
