import { controlKeys, fromSubjectToken } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';

/** The API keys that are no longer valid, pushed by the broker. */
export interface Revocations extends Stoppable {
  has(keyId: string): boolean;
  /** Calls the listener with each key that is revoked from now on. */
  onRevoked(listener: (keyId: string) => void): Stoppable;
  /** Calls the listener with each key that is to be looked up again: it may do more, or less, than before. */
  onChanged(listener: (keyId: string) => void): Stoppable;
}

export async function watchRevocations({ bus }: Pick<StageDependencies, 'bus'>): Promise<Revocations> {
  const revoked = new Set<string>();
  const revocationListeners = new Set<(keyId: string) => void>();
  const changeListeners = new Set<(keyId: string) => void>();
  const watch = await bus.bucket('CONTROL').watch(controlKeys.revocations, ({ key, value }) => {
    const keyId = fromSubjectToken(key.slice(key.indexOf('.') + 1));
    if (value === undefined) {
      revoked.delete(keyId);
      return;
    }
    revoked.add(keyId);
    for (const listener of revocationListeners) listener(keyId);
  });
  const changes = await bus.bucket('CONTROL').watch(controlKeys.keyChanges, ({ key, value }) => {
    if (value === undefined) return;
    const keyId = fromSubjectToken(key.slice(key.indexOf('.') + 1));
    for (const listener of changeListeners) listener(keyId);
  });
  return {
    has: (keyId) => revoked.has(keyId),
    onRevoked: (listener) => listen(revocationListeners, listener),
    onChanged: (listener) => listen(changeListeners, listener),
    async stop() {
      await changes.stop();
      await watch.stop();
    },
  };
}

function listen<Listener>(listeners: Set<Listener>, listener: Listener): Stoppable {
  listeners.add(listener);
  return {
    async stop() {
      listeners.delete(listener);
    },
  };
}
