import { isIPv6 } from 'node:net';
import { MillraceError, type Clock } from '@millrace/runtime';

export interface ThrottleOptions {
  /** Credentials from one address that may fail in a window; 0: any number. */
  readonly failures: number;
  readonly windowMs: number;
}

/** Slows down whoever tries out credentials. */
export interface AddressThrottle {
  /** @throws `rate_limit_exceeded`, with the time to come back, where too many from this address have failed */
  require(address: string): void;
  failed(address: string): void;
}

/** Addresses that are remembered; the one whose window began first is forgotten first. */
const capacity = 10_000;

interface Window {
  failures: number;
  readonly endsAt: number;
}

export function createAddressThrottle(
  clock: Clock,
  { failures: limit, windowMs }: ThrottleOptions,
  onRefused: () => void,
): AddressThrottle {
  const windows = new Map<string, Window>();

  const windowOf = (source: string): Window | undefined => {
    const window = windows.get(source);
    if (window === undefined || window.endsAt > clock.monotonicMs()) return window;
    windows.delete(source);
    return undefined;
  };

  return {
    require(address) {
      if (limit === 0) return;
      const window = windowOf(sourceOf(address));
      if (window === undefined || window.failures < limit) return;
      onRefused();
      throw new MillraceError(
        'rate_limit_exceeded',
        `Too many credentials from this address were not valid: at most ${limit} in ${windowMs / 1_000} s.`,
        { retryAfterMs: window.endsAt - clock.monotonicMs() },
      );
    },
    failed(address) {
      if (limit === 0) return;
      const source = sourceOf(address);
      const window = windowOf(source);
      if (window !== undefined) {
        window.failures += 1;
        return;
      }
      windows.set(source, { failures: 1, endsAt: clock.monotonicMs() + windowMs });
      const oldest = windows.keys().next().value;
      if (windows.size > capacity && oldest !== undefined) windows.delete(oldest);
    },
  };
}

/** The longest text of an address. */
const maxAddressLength = 45;

/**
 * What counts as one: an address of IPv4, also where it came over a socket of IPv6, and of IPv6 the 64 bits of the network, within which
 * a host may have any address.
 */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return address.slice(0, maxAddressLength);
  const [head = '', tail] = plain.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array.from({ length: missing }, () => '0'), ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
