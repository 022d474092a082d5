import type { Delivery } from '@millrace/bus';
import { intakePlaceOf } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import { headerReader, intakeHeaders } from './intake-headers.ts';
import { intakeRequestId } from './intake-request-id.ts';

/** A request as it lies in a queue or a topic, whatever it is in there. */
export interface IntakeMessage {
  readonly tenant: string;
  readonly queue: string;
  readonly transport: 'NATS' | 'KAFKA';
  /** Where it was first: names it for good, together with the tenant and the time. */
  readonly place: string;
  /** When it was there, in milliseconds since the epoch. */
  readonly timeMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

/** The message of a delivery of INTAKE. @throws `internal_error` for another subject */
export function messageOf(delivery: Delivery): IntakeMessage {
  const { subject, stream, sequence, storedAt, headers, payload } = delivery;
  const from = intakePlaceOf(subject);
  if (from === undefined) throw new MillraceError('internal_error', `${subject} is not that of a queue.`);
  const { tenant, queue } = from;
  const header = headerReader(headers);
  const place = header(intakeHeaders.place);
  const placeTime = Number(header(intakeHeaders.placeTime) ?? Number.NaN);
  const isElsewhere = place !== undefined && Number.isSafeInteger(placeTime) && placeTime >= 0;
  const own = { tenant, queue, headers, payload };
  if (isElsewhere && header(intakeHeaders.transport) === 'KAFKA')
    return { ...own, transport: 'KAFKA', place, timeMs: placeTime };
  return { ...own, transport: 'NATS', place: `${stream}/${sequence}`, timeMs: storedAt };
}

/** The id under which a message is answered, whoever takes it, however often it comes. */
export function idOfMessage({ tenant, place, timeMs }: IntakeMessage, round = 0): string {
  return intakeRequestId({ tenant, place, timeMs, round });
}
