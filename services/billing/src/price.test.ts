import { Big } from 'big.js';
import { assert, bigInt, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Usage } from '@millrace/contracts';
import { amountOf } from './price.ts';

const usage = (input: number, output: number, source: Usage['source'] = 'ENGINE'): Usage => ({
  input_tokens: input,
  cached_input_tokens: 0,
  output_tokens: output,
  characters_in: 0,
  characters_out: 0,
  source,
});
const scaled = (text: string) => BigInt(new Big(text).times(1e10).toFixed());
const cachedAnswer = '0';
const price = { inputPerMillion: '0.05', outputPerMillion: '0.20', cachedAnswer };

describe('amountOf', () => {
  it('charges input and output for each million tokens', () => {
    expect(amountOf(usage(1_000_000, 1_000_000), price)).toBe('0.2500000000');
    expect(amountOf(usage(38, 12), price)).toBe('0.0000043000');
  });

  it('charges nothing where nobody counted', () => {
    expect(amountOf(usage(38, 12, 'NONE'), price)).toBe('0.0000000000');
  });

  it('charges the share of an answer from the cache', () => {
    const all = usage(1_000_000, 1_000_000);
    expect(amountOf(all, price, true)).toBe('0.0000000000');
    expect(amountOf(all, { ...price, cachedAnswer: '0.1' }, true)).toBe('0.0250000000');
    expect(amountOf(all, { ...price, cachedAnswer: '0.1' })).toBe('0.2500000000');
  });

  it('rounds half to even at the tenth digit', () => {
    expect(amountOf(usage(1, 0), { inputPerMillion: '0.00005', outputPerMillion: '0', cachedAnswer })).toBe(
      '0.0000000000',
    );
    expect(amountOf(usage(3, 0), { inputPerMillion: '0.00005', outputPerMillion: '0', cachedAnswer })).toBe(
      '0.0000000002',
    );
    expect(amountOf(usage(5, 0), { inputPerMillion: '0.00005', outputPerMillion: '0', cachedAnswer })).toBe(
      '0.0000000002',
    );
  });

  it('stays exact where floating point would not', () => {
    expect(
      amountOf(usage(1, 2), { inputPerMillion: '100000', outputPerMillion: '100000', cachedAnswer }),
    ).toBe('0.3000000000');
    expect(
      amountOf(usage(2_147_483_647, 2_147_483_647), {
        inputPerMillion: '0.07',
        outputPerMillion: '0.13',
        cachedAnswer,
      }),
    ).toBe('429.4967294000');
  });

  it('is never more than half of the last digit away from the true amount', () => {
    const tokens = nat({ max: 2_147_483_647 });
    const perMillion = bigInt({ min: 0n, max: 10n ** 15n }).map((units) =>
      new Big(units.toString()).div(1e10).toFixed(),
    );
    assert(
      property(tokens, tokens, perMillion, perMillion, (input, output, inputPerMillion, outputPerMillion) => {
        const amount = BigInt(
          amountOf(usage(input, output), { inputPerMillion, outputPerMillion, cachedAnswer }).replace(
            '.',
            '',
          ),
        );
        const exactMillionths =
          scaled(inputPerMillion) * BigInt(input) + scaled(outputPerMillion) * BigInt(output);
        const difference = amount * 1_000_000n - exactMillionths;
        expect(difference <= 500_000n && difference >= -500_000n).toBe(true);
      }),
    );
  });
});
