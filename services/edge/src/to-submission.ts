import { traceHeaders } from '@millrace/bus';
import type { VerifiedPrincipal } from '@millrace/contracts';
import { readGeneration, type Submission } from '@millrace/relay';
import type { GenerateMessage } from './protocol/client-messages.ts';

/** @throws what `readGeneration` throws */
export function toSubmission(
  message: GenerateMessage,
  principal: VerifiedPrincipal,
  traceparent: string | undefined,
): Submission {
  return {
    principal,
    transport: 'WEBSOCKET',
    generation: readGeneration(message),
    idempotencyKey: message.idempotency_key,
    trace: traceparent === undefined ? undefined : traceHeaders.read({ traceparent }),
  };
}
