import type { WebSocket } from 'ws';
import type { Clock, Timer } from '@millrace/runtime';

/** Pings the peer; one that neither answers nor takes anything until the next ping is dead, and is cut off. */
export function startHeartbeat(
  socket: WebSocket,
  options: { readonly clock: Clock; readonly intervalMs: number; readonly progress: () => number },
): () => void {
  let alive = true;
  let lastProgress = options.progress();
  let timer: Timer;
  const markAlive = (): void => {
    alive = true;
  };
  socket.on('pong', markAlive);
  socket.on('message', markAlive);
  const beat = (): void => {
    const progress = options.progress();
    if (!alive && progress === lastProgress) {
      socket.terminate();
      return;
    }
    alive = false;
    lastProgress = progress;
    if (socket.readyState === socket.OPEN) socket.ping();
    timer = options.clock.setTimer(options.intervalMs, beat);
  };
  timer = options.clock.setTimer(options.intervalMs, beat);
  return () => {
    timer.cancel();
    socket.off('pong', markAlive);
    socket.off('message', markAlive);
  };
}
