import type { Bus } from '@millrace/bus';
import type { Codec } from '@millrace/contracts';
import type { Database } from '@millrace/store';

/** The platform as it is now. */
export interface LiveSources {
  readonly bus: Bus;
  readonly codec: Codec;
  readonly database: Database;
}
