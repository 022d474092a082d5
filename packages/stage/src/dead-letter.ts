import { fromSubjectToken, intakePlaceOf, subjects, type DeadLetter } from '@millrace/contracts';
import type { Delivery, PoisonReason } from '@millrace/bus';
import { MillraceError } from '@millrace/runtime';
import type { StageDependencies } from './stage-dependencies.ts';

/** Owner of the key that seals what belongs to no known tenant. */
export const systemTenant = '_system';

/** What is known of the request of a message that is given up. */
export interface DeadRequest {
  /** Null where there is no such tenant, whose key could seal the message. */
  readonly tenant: string | null;
  readonly request_id: string;
}

/** A message that is given up, and where it was. */
export type DeadMessage = Pick<Delivery, 'stream' | 'subject' | 'sequence' | 'deliveryCount' | 'payload'> &
  Partial<Pick<Delivery, 'headers'>>;

/** Why a message was given up, in one sentence without content. */
export function poisonError(delivery: Delivery, why: PoisonReason): MillraceError {
  if (why.kind === 'error') return MillraceError.from(why.error);
  return new MillraceError(
    'poison_message',
    `The request was given up after ${delivery.deliveryCount - 1} attempts that did not end.`,
  );
}

/** What is stored with a letter beside its message. */
export interface LetterExtras {
  /** What the placeholders of its content stand for, sealed as the results have it. */
  readonly masked?: Uint8Array | undefined;
}

/** Puts a message that cannot be processed, sealed, into the dead-letter stream and waits until it is stored. */
export async function publishDeadLetter(
  { bus, codec, sealing, clock }: Pick<StageDependencies, 'bus' | 'codec' | 'sealing' | 'clock'>,
  stage: string,
  delivery: DeadMessage,
  error: MillraceError,
  request?: DeadRequest,
  { masked }: LetterExtras = {},
): Promise<void> {
  const tenant = request?.tenant ?? null;
  const box = await sealing.forTenant(tenant ?? systemTenant);
  const letter: DeadLetter = {
    stage,
    tenant,
    request_id: request?.request_id ?? null,
    stream: delivery.stream,
    subject: delivery.subject,
    sequence: delivery.sequence,
    delivery_count: delivery.deliveryCount,
    code: error.code,
    reason: error.message,
    at: clock.now(),
    payload: box.seal(delivery.payload, `dead-letter:${delivery.stream}:${delivery.sequence}`),
    headers: ownHeaders(delivery.headers ?? {}),
    masked: masked ?? null,
  };
  await bus.publish({
    subject: subjects.deadLetter(stage, tenant ?? tenantOfSubject(delivery.subject)),
    payload: codec.encode('dead.letter', letter),
    messageId: `dead-letter:${stage}:${delivery.stream}:${delivery.sequence}`,
  });
}

/** Those of the broker are of the delivery, not of the message. */
function ownHeaders(headers: Delivery['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^nats-/iu.test(name)));
}

/** The tenant that a corrupt message's subject names, for the subject of its dead letter only. */
function tenantOfSubject(subject: string): string {
  const intake = intakePlaceOf(subject);
  if (intake !== undefined) return intake.tenant;
  const token = subject.startsWith('mr.request.scrubbed.') ? undefined : subject.split('.')[3];
  return token === undefined || token === '' ? systemTenant : fromSubjectToken(token);
}
