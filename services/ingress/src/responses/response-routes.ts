import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  createResponseReader,
  itemsOf,
  responsesPath,
  type Endpoint,
  type InputItem,
  type ResponseBody,
} from '@millrace/endpoints';
import { notFound, type WholeJob } from '@millrace/jobs';
import { notJson, sendError, type GatewayPrincipal, type Relay } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import { callerOf, idempotencyKeyOf } from '../caller.ts';
import { awaitJob } from '../jobs/await-job.ts';
import type { KeptRoutesOptions } from '../jobs/job-routes.ts';
import { createQueryReader, listOf } from '../jobs/list-query.ts';
import { digestOf } from '../jobs/read-job.ts';
import { inputListParameters, responseQueryParameters, type ResponseQuery } from './response-parameters.ts';
import { conversationOf, errorOf, showInput, showResponse } from './stored-response.ts';
import { streamResponse } from './stream-response.ts';

export interface ResponseRoutesOptions extends KeptRoutesOptions {
  readonly relay: Pick<Relay, 'follow' | 'snapshot' | 'stopping'>;
  /** Answers what is not kept. */
  readonly ask: (endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply) => Promise<object>;
  readonly onError: (error: unknown) => void;
}

interface ResponseRoute {
  readonly Params: { readonly id: string };
}

/** As long as the client waits. */
const foreverMs = 2 ** 31 - 1;

/** A fastify plugin with the responses of the OpenAI API. A response that is kept is a job. */
export async function responseRoutes(app: FastifyInstance, options: ResponseRoutesOptions): Promise<void> {
  const { kept, clock, settings, endpoints, relay, ask, onError } = options;
  const endpoint = endpoints.get(responsesPath);
  if (endpoint === undefined) return;
  const read = createResponseReader();
  const readQuery = createQueryReader<ResponseQuery>(responseQueryParameters);
  const readList = createQueryReader<{ readonly order?: 'asc' | 'desc' }>(inputListParameters);

  const find = async (principal: GatewayPrincipal, id: string, param = 'response_id'): Promise<WholeJob> => {
    const found = await kept().jobs.find(principal, 'response', id);
    if (found === undefined) throw notFound('response', param);
    return found;
  };

  const before = async (principal: GatewayPrincipal, id: string | undefined): Promise<readonly InputItem[]> =>
    id === undefined ? [] : conversationOf(await find(principal, id, 'previous_response_id'));

  const stream = async (
    request: FastifyRequest,
    reply: FastifyReply,
    stored: WholeJob,
    after: number,
  ): Promise<FastifyReply> => {
    const { principal, client } = callerOf(request);
    await streamResponse(reply, stored, {
      relay,
      kept: kept(),
      clock,
      keepAliveMs: settings.sseKeepAliveMs,
      principal,
      after,
      ended: AbortSignal.any([client.ended, relay.stopping]),
      onError,
    });
    return reply;
  };

  /** Keeps what is asked, once for an idempotency key. */
  const keep = async (
    principal: GatewayPrincipal,
    key: string | undefined,
    original: ResponseBody,
    body: object,
    sent: unknown,
  ): Promise<WholeJob> => {
    const { generation } = endpoint.read(body);
    const given = await kept().once(
      { principal, key, digest: digestOf(responsesPath, sent) },
      async (transaction) => {
        const { id } = await kept().jobs.create(transaction, {
          kind: 'response',
          principal,
          endpoint: responsesPath,
          priority: generation.priority,
          request: { body, original },
          lifetimeMs: settings.jobLifetimeMs,
          retentionMs: settings.jobRetentionMs,
        });
        return { status: 200, body: { id } };
      },
    );
    kept().wakeRunners();
    return find(principal, (given.body as { readonly id: string }).id);
  };

  app.post(responsesPath, async (request, reply) => {
    const { principal, client } = callerOf(request);
    if (request.body === undefined) throw notJson();
    const key = idempotencyKeyOf(request);
    const original = read(request.body);
    const { previous_response_id: previous, background = false, store = true, ...rest } = original;
    const history = await before(principal, previous);
    const input = history.length === 0 ? rest.input : [...history, ...itemsOf(rest.input)];
    if (background && !store) endpoint.read(original);
    if (!store) {
      const alone = { ...rest, store, input };
      return ask({ path: responsesPath, read: () => endpoint.read(alone) }, request, reply);
    }
    const { stream: isStream = false, stream_options: _options, ...body } = rest;
    endpoint.read({ ...rest, input });
    client.ended.throwIfAborted();
    const stored = await keep(principal, key, original, { ...body, input }, request.body);
    reply.header('x-request-id', stored.job.requestId ?? stored.job.id);
    try {
      if (isStream) return await stream(request, reply, stored, -1);
      if (background) return showResponse(stored);
      const ended = await awaitJob(
        { kept: kept(), clock },
        stored.job.id,
        () => kept().jobs.find(principal, 'response', stored.job.id),
        { waitMs: foreverMs, signal: AbortSignal.any([client.ended, relay.stopping]) },
      );
      if (ended === undefined) throw notFound('response', 'response_id');
      if (ended.result !== undefined && 'error' in ended.result) return sendError(reply, errorOf(ended));
      return showResponse(ended);
    } catch (error) {
      if (!client.gone.aborted) throw error;
      return reply.hijack();
    } finally {
      if (client.gone.aborted && !background && key === undefined) {
        await kept().jobs.cancel(principal, 'response', stored.job.id);
        kept().wakeRunners();
      }
    }
  });

  app.get<ResponseRoute>(`${responsesPath}/:id`, async (request, reply) => {
    const { principal } = callerOf(request);
    const query = readQuery(request.query);
    const after = query.starting_after;
    if (query.stream !== 'true') {
      if (after === undefined) return showResponse(await find(principal, request.params.id));
      throw new MillraceError('conflicting_values', 'starting_after has no meaning without stream true', {
        param: 'starting_after',
      });
    }
    const stored = await find(principal, request.params.id);
    // Says so while there can still be a status: the events are gone before the response is.
    if (stored.job.requestId !== undefined) await relay.snapshot(stored.job.requestId, principal);
    return stream(request, reply, stored, after === undefined ? -1 : Number(after));
  });

  app.post<ResponseRoute>(`${responsesPath}/:id/cancel`, async (request) => {
    const { principal } = callerOf(request);
    if ((await kept().jobs.cancel(principal, 'response', request.params.id)) === undefined)
      throw notFound('response', 'response_id');
    kept().wakeRunners();
    return showResponse(await find(principal, request.params.id));
  });

  app.delete<ResponseRoute>(`${responsesPath}/:id`, async (request) => {
    const { id } = request.params;
    const removed = await kept().jobs.remove(callerOf(request).principal, 'response', id);
    if (removed === undefined) throw notFound('response', 'response_id');
    if (removed.isRemoved) return { id, object: 'response', deleted: true };
    throw new MillraceError('conflicting_values', `The response is ${removed.job.status}: cancel it first.`, {
      param: 'response_id',
    });
  });

  app.get<ResponseRoute>(`${responsesPath}/:id/input_items`, async (request) => {
    const { limit = inputListParameters.limit.default, after, order = 'desc' } = readList(request.query);
    const items = showInput(await find(callerOf(request).principal, request.params.id));
    const ordered = order === 'asc' ? items : items.toReversed();
    const start = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
    return listOf({ items: ordered.slice(start, start + limit), hasMore: start + limit < ordered.length });
  });
}
