/** How a client behaves. */
export type SoakKind =
  /** Reads the answer to its end over a WebSocket, or over HTTP. */
  | 'whole'
  | 'http'
  /** Cancels it after some chunks. */
  | 'cancelled'
  /** Breaks its connection after some chunks: the WebSocket without a close, or the HTTP request. */
  | 'disconnected'
  | 'http-disconnected';

/** One request of the run. */
export interface SoakRequest {
  readonly kind: SoakKind;
  readonly prompt: string;
  readonly maxTokens: number;
  /** Chunks after which the client cancels or leaves. */
  readonly chunks: number;
}

const shares: readonly (readonly [SoakKind, number])[] = [
  ['whole', 0.55],
  ['http', 0.15],
  ['cancelled', 0.12],
  ['disconnected', 0.12],
  ['http-disconnected', 0.06],
];
const words = 'mill river wheel stone bread water night story fox road wind corn miller bridge'.split(' ');
const mostWords = 60;
const mostTokens = 24;

/** The requests of a run: the same for the same seed. */
export function planSoak(requests: number, seed: number): readonly SoakRequest[] {
  const next = mulberry32(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  return Array.from({ length: requests }, () => {
    const kind = kindAt(next());
    const text = Array.from({ length: 1 + below(mostWords) }, () => words[below(words.length)]).join(' ');
    return {
      kind,
      prompt: `Say something about this: ${text}.`,
      maxTokens: 1 + below(mostTokens),
      chunks: below(6),
    };
  });
}

function kindAt(position: number): SoakKind {
  let end = 0;
  for (const [kind, share] of shares) {
    end += share;
    if (position < end) return kind;
  }
  return 'whole';
}

/** Tommy Ettinger's generator: small, and good enough for a plan. @returns numbers in [0, 1) */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.trunc(state + 0x6d2b79f5);
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
