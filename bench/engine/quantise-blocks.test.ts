import { dequantize } from '@millrace/inference';
import { describe, expect, it } from 'vitest';
import { quantiseBlocks } from './quantise-blocks.ts';

const values = Float32Array.from(
  { length: 64 },
  (_, index) => Math.sin(index * 1.7) * (index < 32 ? 0.3 : 4),
);

describe('quantiseBlocks', () => {
  it.each([
    { type: 'Q8_0', steps: 127 },
    { type: 'Q4_0', steps: 8 },
  ] as const)('writes $type blocks that are read back within a step of every value', ({ type, steps }) => {
    const back = dequantize(type, quantiseBlocks(type, values), values.length);
    for (const [index, value] of values.entries()) {
      const block = values.subarray(index - (index % 32), index - (index % 32) + 32);
      expect(Math.abs((back[index] ?? 0) - value)).toBeLessThanOrEqual(
        (Math.max(...block.map(Math.abs)) / steps) * 1.01,
      );
    }
  });

  it('rounds half away from zero in Q8_0, as C does', () => {
    const halves = new Float32Array(32);
    halves.set([127, 0.5, -0.5, 1.5, -1.5]);
    expect([...dequantize('Q8_0', quantiseBlocks('Q8_0', halves), 32).subarray(0, 5)]).toEqual([
      127, 1, -1, 2, -2,
    ]);
  });

  it('writes a block of zeros as zeros', () => {
    const zeros = new Float32Array(32);
    expect(
      [...dequantize('Q4_0', quantiseBlocks('Q4_0', zeros), 32)].every((value) => Math.abs(value) === 0),
    ).toBe(true);
  });
});
