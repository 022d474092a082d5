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
import {
  idempotencyKeyOf,
  notJson,
  sendError,
  type Generation,
  type GatewayPrincipal,
  type Relay,
} from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import { cacheHeader, forbidsCache, obeyCacheControl } from '../cache-control.ts';
import { callerOf } from '../caller.ts';
import { costHeader } from '../cost-header.ts';
import { awaitJob, isOver } from '../jobs/await-job.ts';
import type { KeptRoutesOptions } from '../jobs/job-routes.ts';
import { onDelivered } from '../jobs/on-delivered.ts';
import { createQueryReader, listOf } from '../jobs/list-query.ts';
import { digestOf } from '../jobs/read-job.ts';
import { inputListParameters, responseQueryParameters, type ResponseQuery } from './response-parameters.ts';
import { isReceiptAsked, receiptFields } from '../receipt-header.ts';
import { conversationOf, errorOf, showInput, showResponse } from './stored-response.ts';
import { streamResponse } from './stream-response.ts';
import type { Waiters } from '../waiters.ts';

export interface ResponseRoutesOptions extends KeptRoutesOptions {
  readonly relay: Pick<Relay, 'follow' | 'snapshot' | 'stopping' | 'askReceipt' | 'requireModel'>;
  /** Answers what is not kept. */
  readonly ask: (endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply) => Promise<object>;
  readonly waiters: Waiters;
}

interface ResponseRoute {
  readonly Params: { readonly id: string };
}

/** As long as the client waits. */
const foreverMs = 2 ** 31 - 1;

/** A fastify plugin with the responses of the OpenAI API. A response that is kept is a job. */
export async function responseRoutes(app: FastifyInstance, options: ResponseRoutesOptions): Promise<void> {
  const { kept, clock, settings, endpoints, relay, ask, onError, waiters } = options;
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

  /** Where nothing of the tenant is kept, the response goes with its delivery. */
  const forgetOnce = (reply: FastifyReply, principal: GatewayPrincipal, id: string): void =>
    onDelivered(reply, () => kept().jobs.delivered(principal, 'response', id), onError);

  const before = async (principal: GatewayPrincipal, id: string | undefined): Promise<readonly InputItem[]> =>
    id === undefined ? [] : conversationOf(await find(principal, id, 'previous_response_id'));

  const stream = async (
    request: FastifyRequest,
    reply: FastifyReply,
    stored: WholeJob,
    after: number,
  ): Promise<FastifyReply> => {
    const { principal, client } = callerOf(request);
    const isWhole = await streamResponse(reply, stored, {
      relay,
      kept: kept(),
      clock,
      keepAliveMs: settings.sseKeepAliveMs,
      principal,
      after,
      ended: AbortSignal.any([client.ended, relay.stopping]),
      isReceipted: isReceiptAsked(request.headers),
      onError,
    });
    if (isWhole) await kept().jobs.delivered(principal, 'response', stored.job.id);
    return reply;
  };

  /** Keeps what the client has sent, once for an idempotency key. @param body what it comes to, with the conversation before it */
  const keep = async (
    request: FastifyRequest,
    original: ResponseBody,
    body: object,
    generation: Generation,
  ): Promise<WholeJob> => {
    const { principal } = callerOf(request);
    const key = idempotencyKeyOf(request);
    const given = await kept().once(
      { principal, key, digest: digestOf(responsesPath, request.body) },
      async (transaction) => {
        relay.requireModel(principal, generation);
        const { id } = await kept().jobs.create(transaction, {
          kind: 'response',
          principal,
          endpoint: responsesPath,
          priority: generation.priority,
          request: { body, original, isUncached: forbidsCache(request.headers) },
          lifetimeMs: settings.jobLifetimeMs,
          retentionMs: settings.jobRetentionMs,
        });
        return { status: 200, body: { id } };
      },
    );
    kept().wakeRunners();
    return find(principal, (given.body as { readonly id: string }).id);
  };

  /** Sends a response that was just asked for; it is stopped where its client is gone, unless it is left alone. */
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    stored: WholeJob,
    {
      isStream,
      isLeftAlone,
      generation,
    }: { readonly isStream: boolean; readonly isLeftAlone: boolean; readonly generation: Generation },
  ): Promise<object> => {
    const { principal, client } = callerOf(request);
    try {
      if (isStream) return await stream(request, reply, stored, -1);
      forgetOnce(reply, principal, stored.job.id);
      const ended = await awaitJob(
        { kept: kept(), clock },
        stored.job.id,
        () => kept().jobs.find(principal, 'response', stored.job.id),
        { waitMs: foreverMs, signal: AbortSignal.any([client.ended, relay.stopping]) },
      );
      if (ended === undefined) throw notFound('response', 'response_id');
      const { result } = ended;
      if (result !== undefined && 'error' in result) return sendError(reply, errorOf(ended));
      const asked = obeyCacheControl(generation, request.headers);
      if (result !== undefined)
        reply.headers({ ...cacheHeader(asked, result.cache), ...costHeader(result.cost) });
      const { requestId } = ended.job;
      if (requestId === undefined || !isReceiptAsked(request.headers)) return showResponse(ended);
      const receipt = await relay.askReceipt({ tenant: principal.tenant, requestId }, client.ended);
      return { ...showResponse(ended), ...receiptFields(requestId, receipt ?? null) };
    } catch (error) {
      if (!client.gone.aborted) throw error;
      return reply.hijack();
    } finally {
      if (client.gone.aborted && !isLeftAlone) {
        await kept().jobs.cancel(principal, 'response', stored.job.id);
        kept().wakeRunners();
      }
    }
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
    const { generation } = endpoint.read({ ...rest, input });
    isReceiptAsked(request.headers);
    client.ended.throwIfAborted();
    const isAwaited = !background || isStream;
    const leave = isAwaited ? waiters.enter(principal) : undefined;
    try {
      const stored = await keep(request, original, { ...body, input }, generation);
      reply.header('x-request-id', stored.job.requestId ?? stored.job.id);
      if (!isAwaited) return showResponse(stored);
      const isLeftAlone = background || key !== undefined;
      return await answer(request, reply, stored, { isStream, isLeftAlone, generation });
    } finally {
      leave?.();
    }
  });

  app.get<ResponseRoute>(`${responsesPath}/:id`, async (request, reply) => {
    const { principal } = callerOf(request);
    const query = readQuery(request.query);
    const after = query.starting_after;
    if (query.stream !== 'true') {
      if (after === undefined) {
        const found = await find(principal, request.params.id);
        if (isOver(found)) forgetOnce(reply, principal, found.job.id);
        return showResponse(found);
      }
      throw new MillraceError('conflicting_values', 'starting_after has no meaning without stream true', {
        param: 'starting_after',
      });
    }
    const stored = await find(principal, request.params.id);
    // Says so while there can still be a status: the events are gone before the response is.
    if (stored.job.requestId !== undefined) await relay.snapshot(stored.job.requestId, principal);
    const leave = waiters.enter(principal);
    try {
      return await stream(request, reply, stored, after === undefined ? -1 : Number(after));
    } finally {
      leave();
    }
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
    const last = ordered.findIndex(({ id }) => id === after);
    if (after !== undefined && last === -1) throw notFound('input item', 'after');
    const start = last + 1;
    return listOf({ items: ordered.slice(start, start + limit), hasMore: start + limit < ordered.length });
  });
}
