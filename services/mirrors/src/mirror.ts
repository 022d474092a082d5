import type { Bus } from '@millrace/bus';
import type { Codec } from '@millrace/contracts';
import type { Clock, Logger } from '@millrace/runtime';
import type { MirrorMetrics } from './mirror-metrics.ts';
import type { MirrorWriter } from './mirror-writer.ts';

export interface MirrorDependencies {
  readonly bus: Bus;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly mirrorMetrics: MirrorMetrics;
}

/** What one owner at a time writes to Kafka. */
export interface Mirror {
  readonly name: string;
  /** The topics that it writes to, made where they are missing. */
  topics(): readonly MirrorTopic[];
  /** Runs until the signal is aborted, then returns or throws. @throws what the writer and the source throw */
  run(writer: MirrorWriter, signal: AbortSignal): Promise<void>;
}

export interface MirrorTopic {
  readonly name: string;
  readonly compacted: boolean;
}
