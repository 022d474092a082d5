import { describe, expect, it } from 'vitest';
import { ManualClock } from '@millrace/runtime';
import { createAddressThrottle, sourceOf } from './address-throttle.ts';

function start(failures = 3) {
  const clock = new ManualClock();
  let refused = 0;
  const throttle = createAddressThrottle(clock, { failures, windowMs: 60_000 }, () => {
    refused += 1;
  });
  const fail = (address: string, times: number): void => {
    for (let count = 0; count < times; count += 1) throttle.failed(address);
  };
  return { clock, throttle, fail, refused: () => refused };
}

describe('an address from which too many credentials have failed', () => {
  it('has to wait for the next window, and no other one has', async () => {
    const { clock, throttle, fail, refused } = start();
    fail('203.0.113.9', 2);
    throttle.require('203.0.113.9');
    await clock.advance(20_000);
    fail('203.0.113.9', 1);
    expect(() => throttle.require('203.0.113.9')).toThrow(
      expect.objectContaining({
        code: 'rate_limit_exceeded',
        retryable: true,
        retryAfterMs: 40_000,
        message: 'Too many credentials from this address were not valid: at most 3 in 60 s.',
      }) as Error,
    );
    throttle.require('203.0.113.10');
    expect(refused()).toBe(1);
    await clock.advance(40_000);
    throttle.require('203.0.113.9');
    fail('203.0.113.9', 3);
    expect(() => throttle.require('203.0.113.9')).toThrow('at most 3');
  });

  it('is one of so many that are remembered', () => {
    const { throttle, fail } = start();
    fail('192.0.2.1', 3);
    for (let index = 0; index < 9_999; index += 1) throttle.failed(`10.0.${index >> 8}.${index & 255}`);
    expect(() => throttle.require('192.0.2.1')).toThrow('at most 3');
    throttle.failed('10.1.0.0');
    throttle.require('192.0.2.1');
  });

  it('is never refused where the setting says so', () => {
    const { throttle, fail, refused } = start(0);
    fail('192.0.2.1', 1_000);
    throttle.require('192.0.2.1');
    expect(refused()).toBe(0);
  });
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0DB8:1:2::99', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
  ['unknown', 'unknown'],
  ['x'.repeat(1_000), 'x'.repeat(45)],
])('%s counts as %s', (address, source) => {
  expect(sourceOf(address)).toBe(source);
});
