import { describe, expect, it } from 'vitest';
import { defaultKvMemoryBytes, planSlots } from './kv-memory.ts';

const mebibyte = 1024 ** 2;
const plan = { modelName: 'fox', bytesPerToken: 1024, contextLength: 1024, slots: undefined };

describe('planSlots', () => {
  it('takes 32 slots where they fit, else as many as do', () => {
    expect(planSlots({ ...plan, budgetBytes: 1_000 * mebibyte })).toBe(32);
    expect(planSlots({ ...plan, budgetBytes: 5.5 * mebibyte })).toBe(5);
  });

  it('takes the slots that were asked for', () => {
    expect(planSlots({ ...plan, budgetBytes: 64 * mebibyte, slots: 64 })).toBe(64);
  });

  it('refuses a budget in which not one slot fits, and says what would', () => {
    expect(() => planSlots({ ...plan, budgetBytes: mebibyte / 2 })).toThrow(
      '1 slot of 1024 tokens of fox take 1 MiB, and MILLRACE_KV_MEMORY is 1 MiB: raise it, or set MILLRACE_CONTEXT_LENGTH to at most 512.',
    );
  });

  it('refuses more slots than fit, and says how many do', () => {
    expect(() => planSlots({ ...plan, budgetBytes: 4 * mebibyte, slots: 5 })).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        message: expect.stringContaining('MILLRACE_SLOTS to at most 4'),
      }),
    );
  });
});

it('takes a part of the memory of this machine by default', () => {
  expect(defaultKvMemoryBytes()).toBeGreaterThan(64 * mebibyte);
});
