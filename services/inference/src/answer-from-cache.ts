import { publishFoundAnswer, type Miss } from '@millrace/answer-cache';
import { openContent, type ResultLog, type Work } from '@millrace/stage';
import type { SealingBox } from '@millrace/sealing';
import type { InferenceContext } from './on-request-scrubbed.ts';

/**
 * Answers a request from the cache and closes it, if there is an answer. Only on its first delivery: one that comes again may have
 * been begun, and goes on where it was.
 *
 * @param signal aborted when the request is stopped
 * @returns what is to be kept and released where it has to be generated; undefined where the cache has nothing to do with it
 * @throws `fenced` when another writer has taken the log over
 */
export async function answerFromCache(
  context: InferenceContext,
  { event, delivery }: Work,
  log: ResultLog,
  box: SealingBox,
  signal: AbortSignal,
): Promise<'answered' | Miss | undefined> {
  if (context.model.name !== event.model) return undefined;
  if (delivery.deliveryCount > 1 || (log.last?.attempt ?? 0) > 0) return undefined;
  const { answerCache, model, engineMetrics } = context;
  const request = {
    event: { ...event, personal_data: 'personal_data' in event ? event.personal_data : [] },
    content: () => openContent(box, event.request_id, 'request', event.content),
    modelVersion: model.version,
  };
  const found = await answerCache.lookUp(request, signal);
  if (found?.kind !== 'hit') return found;
  if (signal.aborted) return undefined;
  await publishFoundAnswer(context, event, {
    stage: 'inference',
    modelName: model.name,
    modelVersion: model.version,
    log,
    box,
    found,
  });
  engineMetrics.fromCache(model.name, found.answer.finishReason);
  return 'answered';
}
