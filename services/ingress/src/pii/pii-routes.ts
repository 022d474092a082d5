import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TokenClassifier } from '@millrace/pii-detectors/names';
import { createAnalyzerPool } from '@millrace/pii-detectors/pool';
import { refuseEncoding } from '@millrace/relay';
import { callerOf } from '../caller.ts';
import { createWaiters } from '../waiters.ts';
import { createPiiAnalysis, type PiiAnalysis } from './analyze.ts';

export interface PiiRoutesOptions {
  readonly identify: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** Finds names in the place of rules. */
  readonly classifier: TokenClassifier | undefined;
}

/** Texts of one API key that are looked at or wait at once, so that one key does not hold up all others. */
const mostOfKey = 8;

/** A fastify plugin with `POST /v1/pii/analyze` and `POST /v1/pii/anonymize`. Texts are looked at in a thread that starts with the first. */
export async function piiRoutes(
  app: FastifyInstance,
  { identify, classifier }: PiiRoutesOptions,
): Promise<void> {
  const pool = createAnalyzerPool({ classifier });
  app.addHook('onClose', () => pool.stop());
  const analysis = createPiiAnalysis(pool);
  const waiters = createWaiters(mostOfKey);
  const handle = (answer: keyof PiiAnalysis) => async (request: FastifyRequest, reply: FastifyReply) => {
    const { principal, client } = callerOf(request);
    const leave = waiters.enter(principal);
    try {
      client.ended.throwIfAborted();
      return await analysis[answer](request.body, client.ended);
    } catch (error) {
      // There is nobody to tell.
      if (client.gone.aborted) return reply.hijack();
      throw error;
    } finally {
      leave();
    }
  };
  app.post('/v1/pii/analyze', { onRequest: [identify, refuseEncoding] }, handle('analyze'));
  app.post('/v1/pii/anonymize', { onRequest: [identify, refuseEncoding] }, handle('anonymize'));
}
