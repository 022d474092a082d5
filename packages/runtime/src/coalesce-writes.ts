import type { Writable } from 'node:stream';

/**
 * Lets what is written to a socket within one turn of the event loop leave together: one system call in place of one for each write, which
 * costs more than all else that is done for a small message.
 *
 * Nothing waits for more than the turn. `end` sends what is held back; `destroy` drops it, as it drops what the socket itself holds.
 */
export function coalesceWrites(socket: Writable): void {
  let isHeld = false;
  const release = (): void => {
    isHeld = false;
    socket.uncork();
  };
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const held = (...args: unknown[]): boolean => {
    if (!isHeld) {
      isHeld = true;
      socket.cork();
      setImmediate(release);
    }
    return write(...args);
  };
  socket.write = held as Writable['write'];
}
