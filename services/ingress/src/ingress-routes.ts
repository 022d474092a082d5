import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { traceHeaders } from '@millrace/bus';
import { idempotencyKeySchema, readGeneration, type Relay } from '@millrace/relay';
import { createIdGenerator, MillraceError, systemRandom, type Clock, type Logger } from '@millrace/runtime';
import { streamAnswer, wholeAnswer } from './answer-request.ts';
import type { IngressSettings } from './config.ts';
import { notJson, sendError } from './errors.ts';
import { createBodyReader, parseJson } from './read-body.ts';

export interface IngressRoutesOptions {
  readonly relay: Relay;
  readonly settings: IngressSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A fastify plugin with `POST /v1/generate`. */
export async function ingressRoutes(
  app: FastifyInstance,
  { relay, settings, clock, logger }: IngressRoutesOptions,
): Promise<void> {
  const readBody = createBodyReader();
  const nextId = createIdGenerator(clock, systemRandom);

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: settings.maxBodyBytes },
    async (_request: FastifyRequest, body: Buffer) => parseJson(body),
  );
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('x-request-id', nextId());
  });
  app.setErrorHandler((error, _request, reply) => {
    const known = MillraceError.from(error);
    if (known.httpStatus >= 500 && known.code === 'internal_error')
      logger.error({ error }, 'a request could not be answered');
    return sendError(reply, error);
  });

  app.post('/v1/generate', async (request, reply) => {
    const principal = await relay.verify(bearerOf(request));
    if (request.body === undefined || request.body === null) throw notJson();
    const body = readBody(request.body);
    const idempotencyKey = idempotencyKeyOf(request);
    const generation = readGeneration(body);
    const leave = relay.enter(principal);
    const client = watchClient(reply);
    try {
      const trace = traceHeaders.read(traceOf(request));
      const { requestId } = await relay.submit({
        principal,
        transport: 'HTTP',
        generation,
        idempotencyKey,
        trace,
      });
      reply.header('x-request-id', requestId);
      const cancelIfGone = async (): Promise<void> => {
        if (client.signal.aborted && idempotencyKey === undefined)
          await relay.cancel(requestId, principal, 'disconnected');
      };
      const events = relay.follow(requestId, { principal, signal: client.signal });
      try {
        if (body.stream !== true) return await wholeAnswer(requestId, events);
        const options = { requestId, clock, keepAliveMs: settings.sseKeepAliveMs, signal: client.signal };
        await streamAnswer(reply, events, options);
        return reply;
      } catch (error) {
        if (!client.signal.aborted) throw error;
        return reply.hijack();
      } finally {
        await cancelIfGone();
      }
    } finally {
      client.stop();
      leave();
    }
  });
}

/** Aborted when the client goes before its answer is complete. */
function watchClient(reply: FastifyReply): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onClose = (): void => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the client is gone'));
  };
  reply.raw.once('close', onClose);
  return { signal: controller.signal, stop: () => reply.raw.off('close', onClose) };
}

function bearerOf({ headers }: FastifyRequest): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  const { minLength, maxLength } = idempotencyKeySchema;
  if (typeof key === 'string' && key.length >= minLength && key.length <= maxLength) return key;
  throw new MillraceError(
    'invalid_value',
    `Idempotency-Key must be a text of ${minLength} to ${maxLength} characters`,
    {
      param: 'Idempotency-Key',
    },
  );
}

function traceOf({ headers }: FastifyRequest): Record<string, string> {
  const { traceparent, tracestate } = headers;
  return {
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  };
}
