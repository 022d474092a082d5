/** Something that Millrace keeps, and what is personal about it. */
export interface KeptData {
  readonly kind: 'stream' | 'bucket' | 'table' | 'memory';
  /** Its own name. */
  readonly store: string;
  readonly holds: string;
  /** What of it is sealed under the key of a user or a tenant: `content`: prompts, answers, files; `keys`: wrapped by the master key. */
  readonly sealed: 'content' | 'keys' | 'nothing';
  /** `content`: whatever clients have written; `ids`: who asked what when; `names`: what people and keys are called. */
  readonly personal: 'content' | 'ids' | 'names' | 'none';
  /** In milliseconds where it is the same for all; undefined: as `kept` says. */
  readonly keptMs: number | undefined;
  /** How long, in words. */
  readonly kept: string;
  /** What an erasure does with it. */
  readonly erasure: string;
}

const dayMs = 24 * 60 * 60_000;

/** A duration in the largest unit that it has a whole number of. */
export function inWords(ms: number): string {
  const units = [
    [dayMs, 'day'],
    [60 * 60_000, 'hour'],
    [60_000, 'minute'],
  ] as const;
  for (const [unit, name] of units) {
    const count = ms / unit;
    if (Number.isInteger(count) && count > 0) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return `${ms} ms`;
}
