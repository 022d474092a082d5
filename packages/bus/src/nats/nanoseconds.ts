/** The one place where the server's nanoseconds are made. */
export function toNanoseconds(ms: number): number {
  return ms * 1_000_000;
}

/** Milliseconds since the epoch of the decimal nanoseconds in an ack subject, which do not fit a number exactly. */
export function millisecondsOf(nanoseconds: string): number {
  return nanoseconds.length <= 6 ? 0 : Number(nanoseconds.slice(0, -6));
}
