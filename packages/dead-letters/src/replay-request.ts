import type { Submission } from '@millrace/relay';
import { operations, type Operation } from '@millrace/stage';
import { MillraceError } from '@millrace/runtime';
import type { OpenedRequest } from './open-letter.ts';

/**
 * The request in a letter, to be asked once more: by whoever has asked it, with the time that it had. It goes the whole way again: admission,
 * quota, personal data.
 *
 * @throws `unsupported_value` for an operation that is none any more
 */
export function submissionOf({ event, content }: OpenedRequest, requestId: string): Submission {
  const { principal, parameters, transport } = event;
  const { seed, ...rest } = parameters;
  return {
    principal: {
      tenant: event.tenant,
      organisation: principal.organisation,
      key_id: principal.key_id,
      user_id: principal.user_id,
      roles: principal.roles,
    },
    transport,
    generation: {
      operation: operationOf(event.operation),
      model: routeOf(event) ?? event.model,
      content,
      parameters: rest,
      // What was allowed then may be more than is allowed now: it gives way.
      isMaxTokensGiven: false,
      // One that was chosen for the client is below zero, and chosen anew.
      seed: seed < 0 ? undefined : seed,
      priority: event.priority,
      timeoutMs: event.deadline_at - event.received_at,
      cache: event.cache,
    },
    replayOf: event.request_id,
    replayAs: requestId,
  };
}

function operationOf(name: string): Operation {
  const operation = operations.find((known) => known === name);
  if (operation !== undefined) return operation;
  throw new MillraceError(
    'unsupported_value',
    `operation is ${name}: it must be one of ${operations.join(', ')}`,
    {
      param: 'operation',
    },
  );
}

/** The route that was asked for, as the trail has it. */
function routeOf({ trail }: OpenedRequest['event']): string | undefined {
  return trail.find(({ outcome }) => outcome === 'accepted')?.facts['route'];
}
