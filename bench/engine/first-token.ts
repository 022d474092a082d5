import type { Subject } from './subject.ts';

/** Milliseconds until the first token of a prompt. */
export async function firstToken(subject: Subject, prompt: readonly number[]): Promise<number> {
  const startedAtMs = performance.now();
  for await (const tokens of subject.generate(prompt, 1)) {
    if (tokens.length > 0) return performance.now() - startedAtMs;
  }
  throw new Error('The engine said nothing.');
}
