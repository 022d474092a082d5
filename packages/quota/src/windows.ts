/** The windows in which a quota counts. They begin at whole minutes, days and months of UTC. */
export const windowNames = ['minute', 'day', 'month'] as const;

export type WindowName = (typeof windowNames)[number];

/** When the window that a moment lies in began. Milliseconds since the epoch, as all of these. */
export function windowStartOf(name: WindowName, at: number): number {
  const date = new Date(at);
  switch (name) {
    case 'minute':
      return at - (at % minuteMs);
    case 'day':
      return at - (at % dayMs);
    case 'month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  }
}

/** When it ends, which is when the next one begins. */
export function windowEndOf(name: WindowName, at: number): number {
  const start = windowStartOf(name, at);
  switch (name) {
    case 'minute':
      return start + minuteMs;
    case 'day':
      return start + dayMs;
    case 'month': {
      const date = new Date(start);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
    }
  }
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
