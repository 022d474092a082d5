import { traceHeaders } from '@millrace/bus';
import type { VerifiedPrincipal } from '@millrace/contracts';
import { readGeneration, readTask, type Submission } from '@millrace/relay';
import type { AskMessage } from './protocol/client-messages.ts';

/** @throws what `readGeneration` and `readTask` throw */
export function toSubmission(
  message: AskMessage,
  principal: VerifiedPrincipal,
  traceparent: string | undefined,
): Submission {
  return {
    principal,
    transport: 'WEBSOCKET',
    generation: message.type === 'generate' ? readGeneration(message) : readTask(message.type, message),
    idempotencyKey: message.idempotency_key,
    trace: traceparent === undefined ? undefined : traceHeaders.read({ traceparent }),
  };
}
