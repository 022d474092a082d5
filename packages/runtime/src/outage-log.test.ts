import { expect, it, vi } from 'vitest';
import { createLogger } from './logger.ts';
import { ManualClock } from './manual-clock.ts';
import { createOutageLog } from './outage-log.ts';

it('what fails a thousand times is said once for each reason, and once more when it works again', async () => {
  const clock = new ManualClock(0);
  const logger = createLogger({ service: 'test', level: 'silent' });
  const said: string[] = [];
  for (const level of ['warn', 'info'] as const)
    vi.spyOn(logger, level).mockImplementation((fields: unknown, text?: string) => {
      const { error, failures, lastedMs } = fields as Readonly<Record<string, unknown>>;
      said.push([level, text, (error as Error | undefined)?.message, failures, lastedMs].join(' '));
    });
  const outage = createOutageLog(clock, logger, 'it is back');
  outage.over();
  for (let count = 0; count < 1_000; count += 1) {
    outage.failed(new Error('refused'), 'it is away');
    await clock.advance(1_000);
  }
  outage.failed(new Error('no password'), 'it is away');
  for (let count = 0; count < 100; count += 1) outage.failed(new Error(`number ${count}`), 'it is away');
  outage.over();
  outage.over();
  outage.failed(new Error('refused'), 'it is away');
  expect(said).toHaveLength(2 + 6 + 1 + 1);
  expect(said.slice(0, 2)).toEqual(['warn it is away refused 1 ', 'warn it is away no password 1001 ']);
  expect(said.slice(-2)).toEqual(['info it is back  1101 1000000', 'warn it is away refused 1 ']);
});
