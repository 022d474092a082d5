import type { Bus } from '@millrace/bus';
import type { Codec } from '@millrace/contracts';
import type { Clock, Logger, Metrics } from '@millrace/runtime';
import type { Sealing } from '@millrace/sealing';

/** What every service is handed. */
export interface StageDependencies {
  readonly bus: Bus;
  readonly codec: Codec;
  readonly sealing: Sealing;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}
