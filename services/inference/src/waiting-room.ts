import type { GenerationPriority } from './engine/generation.ts';
import { priorityWeights } from './engine/priority-weights.ts';
import { TurnOrder } from './turn-order.ts';

/** A request as far as its turn is concerned. */
export interface Guest {
  readonly tenant: string;
  readonly priority: GenerationPriority;
}

export interface WaitingRoomOptions {
  /** How many requests are worked on at once. */
  readonly places: number;
  /** Share of a tenant in relation to others; above 0. */
  readonly weightOf: (tenant: string) => number;
}

/**
 * Where the requests of a worker wait for a place, so that it is not the order in which they came that decides but whose turn it is:
 *
 * - between tenants: each gets places in proportion to its weight, however many requests it has;
 * - within a tenant: each priority in proportion to its weight, and the oldest of a priority first.
 *
 * So nobody starves: with n tenants of equal weight waiting, one of them gets at least every n-th place.
 */
export interface WaitingRoom {
  readonly waiting: number;
  /**
   * Waits for a place. What it resolves to gives the place back, and may be called twice.
   *
   * @param signal aborted: goes on at once, without a place
   */
  enter(guest: Guest, signal: AbortSignal): Promise<() => void>;
}

interface Seat {
  readonly guest: Guest;
  readonly offer: () => void;
}

/** What waits of one tenant. */
interface Party {
  readonly order: TurnOrder<GenerationPriority>;
  readonly seats: Set<Seat>;
}

const priorities = Object.keys(priorityWeights) as readonly GenerationPriority[];
const noPlace = (): void => undefined;

export function createWaitingRoom({ places, weightOf }: WaitingRoomOptions): WaitingRoom {
  const parties = new Map<string, Party>();
  let order = new TurnOrder<string>();
  let taken = 0;

  const partyOf = (tenant: string): Party => {
    const party = parties.get(tenant) ?? { order: new TurnOrder(), seats: new Set() };
    parties.set(tenant, party);
    return party;
  };
  const remove = (seat: Seat): void => {
    const { tenant } = seat.guest;
    const party = parties.get(tenant);
    party?.seats.delete(seat);
    if (party?.seats.size === 0) parties.delete(tenant);
    // Nobody waits, so nobody owes anything.
    if (parties.size === 0) order = new TurnOrder();
  };
  const fill = (): void => {
    while (taken < places) {
      const tenant = order.take(new Set(parties.keys()), weightOf);
      if (tenant === undefined) return;
      const seat = nextOf(partyOf(tenant));
      taken += 1;
      remove(seat);
      seat.offer();
    }
  };
  const leave = (): (() => void) => {
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      taken -= 1;
      fill();
    };
  };
  return {
    get waiting() {
      let count = 0;
      for (const { seats } of parties.values()) count += seats.size;
      return count;
    },
    enter(guest, signal) {
      if (signal.aborted) return Promise.resolve(noPlace);
      return new Promise((resolve) => {
        const giveUp = (): void => {
          remove(seat);
          resolve(noPlace);
        };
        const seat: Seat = {
          guest,
          offer() {
            signal.removeEventListener('abort', giveUp);
            resolve(leave());
          },
        };
        signal.addEventListener('abort', giveUp, { once: true });
        partyOf(guest.tenant).seats.add(seat);
        fill();
      });
    },
  };
}

/** Which request of a tenant is next. */
function nextOf({ order, seats }: Party): Seat {
  const all = [...seats];
  const present = new Set(priorities.filter((each) => all.some(({ guest }) => guest.priority === each)));
  const priority = order.take(present, (each) => priorityWeights[each]);
  const next = all.find(({ guest }) => guest.priority === priority);
  if (next === undefined) throw new Error('A tenant without requests was given a place.');
  return next;
}
