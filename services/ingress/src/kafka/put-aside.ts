import { subjects } from '@millrace/contracts';
import { addressOf, rejectMessage, type IntakeMessage, type RejectDependencies } from '@millrace/intake';
import { MillraceError, type ErrorCode } from '@millrace/runtime';
import { placeOf, timeOf } from './record-place.ts';
import type { BadRecord } from './take-batch.ts';
import { mostRecordBytes, type Transcoder } from './transcode-record.ts';

export interface PutAsideDependencies extends RejectDependencies {
  readonly transcoder: Pick<Transcoder, 'headersOfBad'>;
  /** @throws `database_unavailable` */
  readonly isTenantKnown: (tenant: string, queue: string) => Promise<boolean>;
}

/** What the sender is told instead of what would be a mistake of the platform elsewhere. */
const told: ReadonlyMap<ErrorCode, ErrorCode> = new Map([
  ['message_corrupt', 'invalid_value'],
  ['schema_unknown', 'invalid_type'],
]);

/**
 * Makes a record that is no request a dead letter, sealed under the key of its tenant, and answers it with an error. Safe to repeat.
 * Of one that is too large, the letter has the place alone.
 */
export async function putAside(
  dependencies: PutAsideDependencies,
  { topic, place, record, error }: BadRecord,
): Promise<void> {
  const { tenant, queue } = topic;
  const value = record.value ?? Buffer.alloc(0);
  const message: IntakeMessage = {
    tenant,
    queue,
    transport: 'KAFKA',
    place: placeOf(place, record),
    timeMs: timeOf(record),
    headers: dependencies.transcoder.headersOfBad(topic, place, record),
    payload: value.length > mostRecordBytes ? Buffer.alloc(0) : value,
  };
  const code = told.get(error.code) ?? error.code;
  const where = `${place.topic}, partition ${place.partition}, offset ${record.offset}`;
  await rejectMessage(
    dependencies,
    {
      message,
      address: addressOf(message),
      found: {
        // Offsets count within a partition: the place tells letters apart.
        stream: `KAFKA/${place.topic}/${place.partition}`,
        subject: subjects.intake(tenant, queue),
        sequence: Number(record.offset),
        deliveryCount: 1,
        payload: message.payload,
      },
      isTenantKnown: await dependencies.isTenantKnown(tenant, queue),
    },
    new MillraceError(code, `${error.message} (${where})`, { cause: error }),
  );
}
