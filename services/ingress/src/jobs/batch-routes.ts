import type { FastifyInstance } from 'fastify';
import { createBodyReader } from '@millrace/endpoints';
import { notFound, showBatch } from '@millrace/jobs';
import { idempotencyKeyOf, notJson } from '@millrace/relay';
import { compileValidator, MillraceError, systemRandom } from '@millrace/runtime';
import { callerOf } from '../caller.ts';
import { batchBodySchema, batchListParameters, type BatchBody } from './batch-schema.ts';
import type { KeptRoutesOptions } from './job-routes.ts';
import { createQueryReader, listOf } from './list-query.ts';
import { digestOf } from './read-job.ts';
import { readWebhook } from './read-webhook.ts';

interface BatchRoute {
  readonly Params: { readonly id: string };
}

const windowMs = 24 * 60 * 60_000;

/** A fastify plugin with the batches of the OpenAI API. */
export async function batchRoutes(
  app: FastifyInstance,
  { kept, settings, endpoints }: KeptRoutesOptions,
): Promise<void> {
  const read = createBodyReader(compileValidator<BatchBody>(batchBodySchema));
  const readList = createQueryReader<object>(batchListParameters);

  app.post('/v1/batches', async (request, reply) => {
    const { principal } = callerOf(request);
    if (request.body === undefined) throw notJson();
    const key = idempotencyKeyOf(request);
    const asked = read(request.body);
    requireEndpoint(endpoints, asked.endpoint);
    const webhook = readWebhook(asked.webhook, systemRandom, settings.webhookPrivate);
    const digest = digestOf('/v1/batches', request.body);
    const file = await kept().files.find(principal, asked.input_file_id);
    const { status, body } = await kept().once({ principal, key, digest }, async (transaction) => {
      if (file === undefined || file.purpose !== 'batch') throw notFound('file', 'input_file_id');
      const retentionMs = asked.output_expires_after?.seconds;
      const batch = await kept().batches.create(transaction, {
        principal,
        endpoint: asked.endpoint,
        priority: 'LOW',
        inputFileId: file.id,
        completionWindow: asked.completion_window,
        windowMs,
        details: {
          metadata: asked.metadata ?? undefined,
          outputRetentionMs: retentionMs === undefined ? settings.fileRetentionMs : retentionMs * 1_000,
          webhook: webhook?.target,
        },
      });
      return { status: 200, body: { ...showBatch(batch), webhook: webhook?.shown ?? null } };
    });
    kept().wakeRunners();
    return reply.code(status).send(body);
  });

  app.get('/v1/batches', async (request) => {
    const { limit = batchListParameters.limit.default, after } = readList(request.query);
    const { items, hasMore } = await kept().batches.list(callerOf(request).principal, { limit, after });
    return listOf({ items: items.map(showBatch), hasMore });
  });

  app.get<BatchRoute>('/v1/batches/:id', async (request) => {
    const found = await kept().batches.find(callerOf(request).principal, request.params.id);
    if (found === undefined) throw notFound('batch', 'batch_id');
    return showBatch(found);
  });

  app.post<BatchRoute>('/v1/batches/:id/cancel', async (request) => {
    const found = await kept().batches.cancel(callerOf(request).principal, request.params.id);
    if (found === undefined) throw notFound('batch', 'batch_id');
    kept().wakeRunners();
    return showBatch(found);
  });
}

function requireEndpoint(endpoints: ReadonlyMap<string, unknown>, path: string): void {
  if (endpoints.has(path)) return;
  throw new MillraceError(
    'invalid_value',
    `endpoint is not one that batches can ask: it must be one of ${[...endpoints.keys()].join(', ')}`,
    { param: 'endpoint' },
  );
}
