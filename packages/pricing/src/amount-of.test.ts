import { Big } from 'big.js';
import {
  assert,
  bigInt,
  boolean,
  constantFrom,
  double,
  integer,
  nat,
  option,
  property,
  record,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestReceived, Usage } from '@millrace/contracts';
import { amountOf as amountOfCharged } from './amount-of.ts';
import type { Price } from './price.ts';
import { freePrice } from './pricing.fixture.ts';
import { worstAmountOf } from './worst-amount-of.ts';

const usage = (input: number, output: number, source: Usage['source'] = 'ENGINE'): Usage => ({
  input_tokens: input,
  cached_input_tokens: 0,
  output_tokens: output,
  characters_in: 0,
  characters_out: 0,
  source,
});
const amountOf = (counted: Usage, units: Partial<Price>, isFromCache = false, workedMs = 0) =>
  amountOfCharged({ usage: counted, workedMs, isFromCache }, { ...freePrice, ...units });
const scaled = (text: string) => BigInt(new Big(text).times(1e10).toFixed());
const cachedAnswer = '0';
const tokenPrice = { inputPerMillion: '0.05', outputPerMillion: '0.20', cachedAnswer };

describe('amountOf', () => {
  it('charges input and output for each million tokens', () => {
    expect(amountOf(usage(1_000_000, 1_000_000), tokenPrice)).toBe('0.2500000000');
    expect(amountOf(usage(38, 12), tokenPrice)).toBe('0.0000043000');
  });

  it('charges nothing where nobody counted', () => {
    expect(amountOf(usage(38, 12, 'NONE'), tokenPrice)).toBe('0.0000000000');
  });

  it('charges the share of an answer from the cache', () => {
    const all = usage(1_000_000, 1_000_000);
    expect(amountOf(all, tokenPrice, true)).toBe('0.0000000000');
    expect(amountOf(all, { ...tokenPrice, cachedAnswer: '0.1' }, true)).toBe('0.0250000000');
    expect(amountOf(all, { ...tokenPrice, cachedAnswer: '0.1' })).toBe('0.2500000000');
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

  it('adds up all units to the last digit', () => {
    const all = {
      ...usage(3_000_000, 1),
      cached_input_tokens: 1_000_000,
      characters_in: 7,
      characters_out: 11,
    };
    const price = {
      inputPerMillion: '1',
      cachedInputPerMillion: '0.1',
      outputPerMillion: '3',
      charactersInPerMillion: '5',
      charactersOutPerMillion: '7',
      perRequest: '0.01',
      perSecond: '0.002',
    };
    // 2 + 0.1 + 0.000003 + 0.000035 + 0.000077 + 0.01 + 0.002469
    expect(amountOf(all, price, false, 1_234.5)).toBe('2.1125850000');
    expect(amountOf(all, { ...price, cachedInputPerMillion: null }, false, 1_234.5)).toBe('3.0125850000');
  });
});

describe('worstAmountOf', () => {
  it('is never less than what a request costs that kept to its limits', () => {
    const money = nat({ max: 10_000 }).map((units) => new Big(units).div(100).toFixed());
    const prices = record({
      inputPerMillion: money,
      cachedInputPerMillion: option(money),
      outputPerMillion: money,
      charactersInPerMillion: money,
      charactersOutPerMillion: money,
      perRequest: money,
      perSecond: money,
      cachedAnswer: constantFrom('0', '0.1', '1'),
    });
    const share = double({ min: 0, max: 1, noNaN: true });
    const requests = record({
      input: nat(100_000),
      output: nat(4_096),
      n: integer({ min: 1, max: 4 }),
      ms: nat(600_000),
    });
    assert(
      property(
        prices,
        requests,
        share,
        share,
        share,
        boolean(),
        (units, { input, output, n, ms }, a, b, c, isFromCache) => {
          const price = { ...freePrice, ...units };
          const request = {
            input_tokens_most: input,
            parameters: { max_tokens: output, n },
            characters_in: input,
            received_at: 0,
            deadline_at: ms,
          } as unknown as RequestReceived;
          const inputTokens = Math.floor(input * a);
          const outputTokens = Math.floor(output * n * b);
          const used = {
            ...usage(inputTokens, outputTokens),
            cached_input_tokens: Math.floor(inputTokens * c),
            characters_in: input,
            characters_out: outputTokens * 8,
          };
          const amount = amountOf(used, price, isFromCache, ms * c);
          expect(new Big(worstAmountOf(request, price)).gte(amount)).toBe(true);
        },
      ),
    );
  });
});
