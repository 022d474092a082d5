/** The output of the processes of a cluster, to wait for a line of it. */
export interface Output {
  /** Handed to `startCluster` as `onOutput`. */
  readonly take: (name: string, text: string) => void;
  /**
   * Resolves when the process has said this, after the call.
   *
   * @throws the signal's reason
   */
  until(name: string, text: string, signal: AbortSignal): Promise<void>;
}

export function watchOutput(): Output {
  const listeners = new Set<(name: string, text: string) => void>();
  return {
    take(name, text) {
      for (const listener of listeners) listener(name, text);
    },
    until: (wantedName, wantedText, signal) =>
      new Promise((resolve, reject) => {
        let said = '';
        const end = (): void => {
          listeners.delete(listener);
          signal.removeEventListener('abort', abort);
        };
        const abort = (): void => {
          end();
          reject(signal.reason as Error);
        };
        const listener = (name: string, text: string): void => {
          if (name !== wantedName) return;
          said = (said + text).slice(-64 * 1024);
          if (!said.includes(wantedText)) return;
          end();
          resolve();
        };
        listeners.add(listener);
        signal.addEventListener('abort', abort, { once: true });
      }),
  };
}
