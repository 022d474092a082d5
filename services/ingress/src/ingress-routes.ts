import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ChainSource } from '@millrace/audit-log';
import { traceHeaders } from '@millrace/bus';
import type { VerifiedPrincipal } from '@millrace/contracts';
import { requirePermission } from '@millrace/control-plane/permissions';
import type { TokenClassifier } from '@millrace/pii-detectors/names';
import {
  createEndpoints,
  type Asked,
  type Endpoint,
  type FieldNames,
  modelList,
  modelOf,
  namedFrames,
  nativeFrames,
  parseJson,
  responsesPath,
  withFieldName,
} from '@millrace/endpoints';
import { createConsent } from '@millrace/personal-data';
import {
  idempotencyKeyOf,
  bearerOf,
  clientError,
  notJson,
  refuseEncoding,
  sendError,
  toClientError,
  withReceipt,
  type Relay,
} from '@millrace/relay';
import { createIdGenerator, madeAt, systemRandom, type Clock, type Logger } from '@millrace/runtime';
import { streamAnswer, wholeAnswer, type StreamOptions } from './answer-request.ts';
import { callerOf, type Caller } from './caller.ts';
import { costHeader } from './cost-header.ts';
import { cacheHeader, hitHeader, obeyCacheControl } from './cache-control.ts';
import { watchClient, type ClientWatch } from './client-watch.ts';
import type { IngressSettings } from './config.ts';
import { engineAnswer } from './engine-answer.ts';
import { createCancel } from './cancel-request.ts';
import { sendNotFound } from './not-found.ts';
import type { JobsAccess } from './jobs/jobs-access.ts';
import { jobRoutes } from './jobs/job-routes.ts';
import { cursorNames, lastEventIdOf } from './last-event-id.ts';
import { piiRoutes } from './pii/pii-routes.ts';
import { isReceiptAsked, receiptFields, receiptFrames } from './receipt-header.ts';
import { createReadReceipt } from './read-receipt.ts';
import { referenceRoutes } from './reference-routes.ts';
import { refuseExpectations } from './refuse-expectation.ts';
import { createWaiters } from './waiters.ts';

export interface IngressRoutesOptions {
  readonly relay: Relay;
  /** Where receipts come from. */
  readonly chain: ChainSource;
  readonly settings: IngressSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What jobs, files and batches are kept with. */
  readonly jobs?: JobsAccess | undefined;
  /** A model of names for `POST /v1/pii/…`; it is the caller's to stop. */
  readonly classifier?: TokenClassifier | undefined;
}

interface StreamRoute {
  readonly Params: { readonly id: string };
  readonly Querystring: { readonly after?: unknown };
}

/** An answer that goes out as server-sent events. */
type SentStream = Pick<StreamOptions, 'requestId' | 'after' | 'frames' | 'headersOf'> & {
  readonly events: ReturnType<Relay['follow']>;
  readonly statusWaitMs?: number;
};

const plainId = /^[\w-]{1,64}$/;

/** Whether a request may be read is known at once, yet what comes next of it may take long. */
const statusWaitOfReadersMs = 250;

/** A fastify plugin with `POST /v1/generate`, the tasks, and `GET /v1/engine`. What no route takes is answered here as well, in JSON. */
export async function ingressRoutes(
  app: FastifyInstance,
  { relay, chain, settings, clock, logger, jobs, classifier }: IngressRoutesOptions,
): Promise<void> {
  const nextId = createIdGenerator(clock, systemRandom);
  const waiters = createWaiters(settings.maxWaitsPerKey);
  const consent = createConsent({
    relay,
    access: jobs,
    clock,
    onError: (error, requestId) => logger.error({ error, requestId }, 'a training example could not be kept'),
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: settings.maxBodyBytes },
    async (_request: FastifyRequest, body: Buffer) => parseJson(body),
  );
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', nextId());
    // Node loses what a client has sent behind an Upgrade that is not followed.
    if (request.headers.upgrade !== undefined) reply.raw.shouldKeepAlive = false;
    return request.is404 ? sendNotFound(request, reply) : undefined;
  });
  refuseExpectations(app.server);
  app.setNotFoundHandler(sendNotFound);
  app.setErrorHandler((cause, request, reply) => {
    const error = toClientError(cause, settings.maxBodyBytes);
    if (!isGone(request, cause)) logUnexpected(logger, error);
    return sendError(reply, error);
  });

  const identify = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const principal = await relay.verify(bearerOf(request.headers), request.ip);
    requirePermission(principal, 'request.submit');
    const client = watchClient(reply.raw, { relay, principal, logger });
    request.setDecorator<Caller>('caller', { principal, client });
  };

  const cancel = async (requestId: string, principal: VerifiedPrincipal): Promise<void> => {
    try {
      await relay.cancel(requestId, principal, 'disconnected');
    } catch (error) {
      logger.error({ error, requestId }, 'a request whose client is gone could not be cancelled');
    }
  };

  const sendStream = (reply: FastifyReply, client: ClientWatch, stream: SentStream): Promise<void> =>
    streamAnswer(reply, stream.events, {
      statusWaitMs: settings.sseKeepAliveMs,
      ...stream,
      clock,
      keepAliveMs: settings.sseKeepAliveMs,
      gone: client.gone,
      ended: AbortSignal.any([client.ended, relay.stopping]),
      onError: (error) => logUnexpected(logger, error, stream.requestId),
    });

  const readOrNote = (read: Endpoint['read'], body: unknown): Asked => {
    try {
      return read(body);
    } catch (error) {
      relay.noteRefusal('HTTP', error);
      throw error;
    }
  };

  const ask = async ({ read }: Endpoint, request: FastifyRequest, reply: FastifyReply): Promise<object> => {
    const { principal, client } = callerOf(request);
    if (request.body === undefined) throw notJson();
    const idempotencyKey = idempotencyKeyOf(request);
    const { stream, answer, frames, ...asked } = readOrNote(read, request.body);
    const cursor = cursorNames(request.headers);
    const nameOf: FieldNames = (param) => cursor(asked.nameOf?.(param) ?? param);
    const generation = obeyCacheControl(asked.generation, request.headers);
    if (asked.isConsented === true) consent.require(principal);
    const isReceipted = isReceiptAsked(request.headers);
    client.ended.throwIfAborted();
    const leave = relay.enter(principal);
    try {
      const trace = traceHeaders.read(traceOf(request));
      const { requestId, model } = await relay.submit({
        principal,
        transport: 'HTTP',
        generation,
        idempotencyKey,
        trace,
      });
      reply.header('x-request-id', requestId);
      // Also of one that was there already under its idempotency key.
      const start = { requestId, model, acceptedAt: madeAt(requestId) };
      const after = stream ? lastEventIdOf(request.headers) : 0;
      const followed = relay.follow(requestId, { principal, after, signal: client.ended });
      // One that goes on behind what it had has not the whole answer.
      const isKept = asked.isConsented === true && after === 0;
      const kept = isKept ? consent.keep({ principal, requestId, model, generation }, followed) : followed;
      const { tenant } = principal;
      const events = isReceipted
        ? withReceipt(relay.askReceipt, { tenant, requestId }, kept, client.ended)
        : kept;
      try {
        if (!stream)
          return await wholeAnswer(start, events, (collected, known, end) => {
            reply.headers({ ...cacheHeader(generation, end.cache), ...costHeader(end.cost) });
            return { ...answer(collected, known, end), ...receiptFields(requestId, end.receipt) };
          });
        await sendStream(reply, client, {
          requestId,
          events,
          after,
          frames: receiptFrames(namedFrames(frames(start), nameOf), requestId),
          headersOf: (hit) => cacheHeader(generation, hit),
        });
        return reply;
      } finally {
        if (client.ended.aborted && idempotencyKey === undefined) await cancel(requestId, principal);
      }
    } catch (error) {
      if (!client.gone.aborted) throw withFieldName(error, nameOf);
      // There is nobody to tell.
      if (error !== client.gone.reason) logUnexpected(logger, error);
      return reply.hijack();
    } finally {
      leave();
    }
  };

  /** Anyone of the tenant may read the answer, from any place, however often, on any gateway: the request itself does not notice. */
  const readAgain = async (request: FastifyRequest<StreamRoute>, reply: FastifyReply): Promise<object> => {
    const { principal, client } = callerOf(request);
    const { id } = request.params;
    const after = lastEventIdOf(request.headers, request.query.after);
    const nameOf = cursorNames(request.headers);
    const isReceipted = isReceiptAsked(request.headers);
    const leave = waiters.enter(principal);
    // What is no id is not to be found, nor does it belong into a header.
    if (plainId.test(id)) reply.header('x-request-id', id);
    const followed = relay.follow(id, { principal, after, signal: client.ended });
    const subject = { tenant: principal.tenant, requestId: id };
    const events = isReceipted ? withReceipt(relay.askReceipt, subject, followed, client.ended) : followed;
    try {
      await sendStream(reply, client, {
        requestId: id,
        events,
        after,
        frames: receiptFrames(namedFrames(nativeFrames({ requestId: id }), nameOf), id),
        headersOf: hitHeader,
        statusWaitMs: statusWaitOfReadersMs,
      });
      return reply;
    } catch (error) {
      if (!client.gone.aborted) throw withFieldName(error, nameOf);
      return reply.hijack();
    } finally {
      leave();
    }
  };

  app.get<StreamRoute>('/v1/requests/:id/stream', { onRequest: identify }, readAgain);
  const readReceipt = createReadReceipt(relay, chain);
  app.get<{ Params: StreamRoute['Params'] }>(
    '/v1/requests/:id/receipt',
    { onRequest: identify },
    async (request) => {
      const { principal, client } = callerOf(request);
      const leave = waiters.enter(principal);
      try {
        return await readReceipt(request.params.id, principal, client.ended);
      } finally {
        leave();
      }
    },
  );
  app.get('/v1/engine', { onRequest: identify }, async () => engineAnswer(await relay.engineState()));
  const stopRequest = createCancel(relay);
  app.post('/v1/requests/cancel', { onRequest: [identify, refuseEncoding] }, async (request, reply) => {
    await stopRequest(request.body, callerOf(request).principal);
    return reply.code(202).send();
  });
  await app.register(referenceRoutes);
  app.get('/v1/models', { onRequest: identify }, async (request) => {
    const { models, routes } = relay.askable(callerOf(request).principal);
    return modelList(models, routes);
  });
  app.get<{ Params: { '*': string } }>('/v1/models/*', { onRequest: identify }, async (request) => {
    const { models, routes } = relay.askable(callerOf(request).principal);
    return modelOf(models, routes, request.params['*']);
  });
  await app.register(piiRoutes, { identify, classifier });
  const endpoints = createEndpoints();
  await app.register(jobRoutes, {
    relay,
    settings,
    clock,
    identify,
    endpoints,
    access: jobs,
    waiters,
    ask,
    onError: (error) => logUnexpected(logger, error),
  });
  for (const endpoint of endpoints) {
    if (endpoint.path === responsesPath) continue;
    app.post(endpoint.path, { onRequest: [identify, refuseEncoding] }, (request, reply) =>
      ask(endpoint, request, reply),
    );
  }
}

function traceOf({ headers }: FastifyRequest): Record<string, string> {
  const { traceparent, tracestate } = headers;
  return {
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  };
}

/** Whether it says no more than that there is nobody to tell. */
function isGone(request: FastifyRequest, cause: unknown): boolean {
  const { gone } = request.getDecorator<Caller | null>('caller')?.client ?? {};
  return gone?.aborted === true && cause === gone.reason;
}

/** What is not for the client is for the operator. */
function logUnexpected(logger: Logger, error: unknown, requestId?: string): void {
  if (clientError(error).code === 'internal_error')
    logger.error({ error, requestId }, 'a request could not be answered');
}
