import { subjects } from '@millrace/contracts';
import type { Clock } from '@millrace/runtime';
import { exportFormat, writeLine } from './export-line.ts';
import type { ChainSource } from './verify-tenant.ts';

/**
 * The chain of a tenant as the lines of a file: its checkpoints, and the records that the last of them covers. A record that is not signed
 * yet is left for the next export, since nothing but the platform vouches for it.
 *
 * @throws `unavailable`; `message_corrupt` when the last record or a checkpoint cannot be read
 */
export async function* exportChain(
  { bus, codec, clock }: ChainSource & { readonly clock: Clock },
  tenant: string,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<string, void, undefined> {
  const last = await bus.lastMessage('AUDIT', subjects.recorded(tenant));
  const lastCheckpoint = await bus.lastMessage('CHECKPOINTS', subjects.checkpointed(tenant));
  const signed = lastCheckpoint && codec.decode('audit.checkpointed', lastCheckpoint.payload);
  const size = signed?.size ?? 0;
  const length = last === undefined ? 0 : codec.decode('audit.recorded', last.payload).sequence;
  const unsigned = Math.max(0, length - size);
  yield writeLine({ format: exportFormat, tenant, exported_at: clock.now(), records: size, unsigned });
  if (lastCheckpoint === undefined || signed === undefined) return;
  for await (const { payload, sequence } of bus.read('CHECKPOINTS', subjects.checkpointed(tenant), options)) {
    if (sequence > lastCheckpoint.sequence) break;
    yield writeLine({ checkpoint: Buffer.from(payload).toString('base64') });
  }
  for await (const { payload, sequence } of bus.read('AUDIT', subjects.recorded(tenant), options)) {
    if (sequence > signed.last_sequence) break;
    yield writeLine({ record: Buffer.from(payload).toString('base64') });
  }
}
