import { setTimeout as wait } from 'node:timers/promises';
import { firstToken } from './first-token.ts';
import { median } from './median.ts';
import { promptTokens } from './prompt-tokens.ts';
import type { Subject } from './subject.ts';

const longTokens = 4_000;
const shortTokens = 32;
/** How long after the last event each short prompt comes: spread, since a step that is under way has to end first. */
const gapsMs = [150, 450, 750];

/** Median of the milliseconds to the first token of short prompts that come, one by one, while a long one is prefilled; once warm. */
export async function measureFirstTokenUnderLoad(subject: Subject): Promise<number> {
  await firstToken(subject, promptTokens(512, 1));
  await firstToken(subject, promptTokens(shortTokens, 2));
  let prefilling = true;
  const prefill = firstToken(subject, promptTokens(longTokens, 3)).finally(() => {
    prefilling = false;
  });
  const timesMs: number[] = [];
  const probe = async (): Promise<void> => {
    for (const [index, gapMs] of gapsMs.entries()) {
      await wait(gapMs);
      if (!prefilling) return;
      timesMs.push(await firstToken(subject, promptTokens(shortTokens, 4 + index)));
    }
  };
  await Promise.all([prefill, probe()]);
  if (timesMs.length === 0) throw new Error('The long prompt was prefilled before a short one could come.');
  return median(timesMs);
}
