import { expect, it } from 'vitest';
import { reportTokens } from './token-report.ts';

const bytes = [Buffer.from('a'), Buffer.from([0xc3]), Buffer.from(' é')];

it('names tokens by text and bytes, and has a number for what was impossible', () => {
  const top = [
    { token: 2, logprob: -0.5 },
    { token: 1, logprob: -Infinity },
  ];
  const report = reportTokens([0], [{ logprob: -1, top }], (token) => bytes[token] ?? Buffer.of());
  expect(report).toEqual([
    {
      token: 'a',
      bytes: [97],
      logprob: -1,
      top_logprobs: [
        { token: ' é', bytes: [32, 0xc3, 0xa9], logprob: -0.5 },
        { token: '\u{fffd}', bytes: [0xc3], logprob: -9999 },
      ],
    },
  ]);
});
