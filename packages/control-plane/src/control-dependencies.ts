import type { Bus } from '@millrace/bus';
import type { Codec } from '@millrace/contracts';
import type { Clock, IdGenerator, RandomSource } from '@millrace/runtime';
import type { Sealing } from '@millrace/sealing';
import type { Database } from '@millrace/store';

/** What the control plane is handed. */
export interface ControlDependencies {
  readonly database: Database;
  readonly bus: Bus;
  readonly codec: Codec;
  readonly sealing: Sealing;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** UUIDs in the order of their making. */
  readonly nextId: IdGenerator;
}
