import type { DataPolicies, DeadMessage, StageDependencies } from '@millrace/stage';
import { publishDeadLetter } from '@millrace/stage';
import { repeatingNothing } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import { createAnswerWriter } from './answer-writer.ts';
import { idOfMessage, type IntakeMessage } from './intake-message.ts';
import type { AnswerAddress } from './read-intake.ts';

export interface RejectDependencies extends Pick<
  StageDependencies,
  'bus' | 'codec' | 'sealing' | 'clock' | 'logger'
> {
  readonly policies: Pick<DataPolicies, 'of'>;
}

/** A message that cannot be asked. */
export interface RejectedMessage {
  readonly message: IntakeMessage;
  /** How its sender is told. */
  readonly address: AnswerAddress;
  /** Where it was found, for the dead letter. */
  readonly found: DeadMessage;
  /** Whether the tenant is there, whose key seals the dead letter. */
  readonly isTenantKnown: boolean;
}

/**
 * Puts a message aside that is no request: a dead letter with the reason, then an error as the answer. Safe to repeat, and returns once
 * both are stored: then the message may go.
 */
export async function rejectMessage(
  dependencies: RejectDependencies,
  { message, address, found, isTenantKnown }: RejectedMessage,
  why: MillraceError,
): Promise<void> {
  const error = repeatingNothing(why);
  const { tenant, queue } = message;
  const requestId = idOfMessage(message);
  const { stream, subject, sequence } = found;
  dependencies.logger.warn({ error, tenant, queue, requestId, stream, sequence }, 'a message was put aside');
  const request = { tenant: isTenantKnown ? tenant : null, request_id: requestId };
  const { headers } = message;
  await publishDeadLetter(dependencies, 'ingress', { headers, ...found }, error, request);
  const { zeroRetention } = dependencies.policies.of(tenant);
  const writer = createAnswerWriter(dependencies, message, address, zeroRetention);
  const { isEnded } = await writer.resume();
  if (isEnded) return;
  try {
    await writer.fail(undefined, error);
  } catch (cause) {
    if (!(cause instanceof MillraceError) || cause.code !== 'fenced') throw cause;
    dependencies.logger.debug({ subject, requestId }, 'somebody else has told the sender');
  }
}
