import { CollectedChoices } from '@millrace/endpoints';
import { showJob, type JobError, type WholeJob } from '@millrace/jobs';
import type { GatewayPrincipal, Relay } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';

/** How far a job is that runs. */
export interface Progress {
  readonly output_tokens: number;
  /** What each choice says so far. */
  readonly output: readonly string[];
}

/** A job with its content, as its client sees it. */
export function showWholeJob({ job, request, result }: WholeJob, progress: Progress | undefined): object {
  return {
    ...showJob(job),
    progress: progress ?? null,
    result: result !== undefined && 'answer' in result ? result.answer : null,
    cost: result !== undefined && 'answer' in result ? (result.cost ?? null) : null,
    error: result !== undefined && 'error' in result ? errorOf(result.error) : null,
    metadata: request.metadata ?? null,
    webhook: request.webhook === undefined ? null : { url: request.webhook.url },
  };
}

function errorOf({ message, type, param, code }: JobError): object {
  return { message, type, param, code };
}

/** What is stored of the answer of a job that runs; nothing where it has not begun. */
export async function progressOf(
  relay: Pick<Relay, 'snapshot'>,
  { job }: WholeJob,
  principal: GatewayPrincipal,
): Promise<Progress | undefined> {
  if (job.status !== 'running') return undefined;
  const none: Progress = { output_tokens: 0, output: [] };
  if (job.requestId === undefined) return none;
  try {
    const { events, outputTokens } = await relay.snapshot(job.requestId, principal);
    const collected = new CollectedChoices();
    let choices = 0;
    for (const event of events) {
      if (event.type !== 'chunk') continue;
      collected.add(event);
      choices = Math.max(choices, (event.choice ?? 0) + 1);
    }
    const output = Array.from({ length: choices }, (_, choice) => collected.textOf(choice));
    return { output_tokens: outputTokens, output };
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'request_not_found') return none;
    throw error;
  }
}
