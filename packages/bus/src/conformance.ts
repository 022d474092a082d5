import { afterAll, beforeAll, describe } from 'vitest';
import { describeBuckets } from './conformance/buckets.ts';
import { describeConsuming } from './conformance/consuming.ts';
import type { BrokerHarness } from './conformance/harness.ts';
import { describePublishing } from './conformance/publishing.ts';
import { describeReading } from './conformance/reading.ts';
import type { Bus } from './port.ts';

/** Registers the tests that every adapter of `Bus` must pass. */
export function describeBusConformance(adapter: string, start: () => Promise<BrokerHarness>): void {
  describe(`${adapter} as a bus`, { timeout: 60_000 }, () => {
    let broker: BrokerHarness;
    let bus: Bus;
    beforeAll(async () => {
      broker = await start();
      bus = await broker.connect();
    }, 60_000);
    afterAll(() => broker.stop());

    describePublishing(
      () => broker,
      () => bus,
    );
    describeConsuming(
      () => broker,
      () => bus,
    );
    describeReading(() => bus);
    describeBuckets(
      () => broker,
      () => bus,
    );
  });
}
