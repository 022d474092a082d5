import { firstToken } from './first-token.ts';
import { promptTokens } from './prompt-tokens.ts';
import type { Subject } from './subject.ts';

const prefillTokens = 512;

/** Tokens per second of one prompt, until its first token is there; once warm. */
export async function measurePrefill(subject: Subject): Promise<number> {
  await firstToken(subject, promptTokens(prefillTokens, 1));
  return prefillTokens / ((await firstToken(subject, promptTokens(prefillTokens, 2))) / 1_000);
}
