import type { Metrics } from '@millrace/runtime';
import type { WaitingRoom } from './waiting-room.ts';

export interface WaitingRoomMetrics {
  /** @param model its name */
  watch(model: string, room: Pick<WaitingRoom, 'waiting'>): void;
}

/** How many requests wait for a place at this worker, by model. */
export function createWaitingRoomMetrics(metrics: Metrics): WaitingRoomMetrics {
  const rooms = new Map<string, Pick<WaitingRoom, 'waiting'>>();
  metrics.gauge({
    name: 'millrace_waiting_room_requests',
    help: 'Requests that a worker has taken and that wait for a place.',
    labelNames: ['model'],
    collect: (gauge) => {
      for (const [model, { waiting }] of rooms) gauge.set({ model }, waiting);
    },
  });
  return { watch: (model, room) => void rooms.set(model, room) };
}
