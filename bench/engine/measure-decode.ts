import { promptTokens } from './prompt-tokens.ts';
import type { Subject } from './subject.ts';

const contextTokens = 60;
const warmUpTokens = 8;
const measuredTokens = 64;

/** Tokens per second of `batch` sequences together, once warm: 64 tokens each, behind a prompt of 60. */
export async function measureDecode(subject: Subject, batch: number): Promise<number> {
  await decodeRate(subject, batch, warmUpTokens, 0);
  return decodeRate(subject, batch, measuredTokens, batch);
}

/**
 * The clock runs from the moment when every sequence has its first token, however their prefills are ordered, until all of them
 * together have `tokensEach` more for each. A sequence that began early goes on until then, so the batch is full all the time.
 */
async function decodeRate(
  subject: Subject,
  batch: number,
  tokensEach: number,
  firstSeed: number,
): Promise<number> {
  const wanted = batch * tokensEach;
  const maxTokens = 2 * (tokensEach + batch);
  let begun = 0;
  let counted = 0;
  let startedAtMs = 0;
  let endedAtMs: number | undefined;
  await Promise.all(
    Array.from({ length: batch }, async (_, index) => {
      let first = true;
      for await (const tokens of subject.generate(
        promptTokens(contextTokens, firstSeed + index),
        maxTokens,
      )) {
        if (begun === batch) counted += tokens.length;
        if (first) {
          first = false;
          begun += 1;
          if (begun === batch) startedAtMs = performance.now();
        }
        if (counted < wanted) continue;
        endedAtMs ??= performance.now();
        return;
      }
      if (endedAtMs === undefined) throw new Error('A sequence ended before the measurement did.');
    }),
  );
  return wanted / (((endedAtMs ?? Number.NaN) - startedAtMs) / 1_000);
}
