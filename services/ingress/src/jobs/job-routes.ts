import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseJson, type Endpoint } from '@millrace/endpoints';
import { notFound, showJob, type Job } from '@millrace/jobs';
import {
  idempotencyKeyOf,
  notJson,
  refuseEncoding,
  type GatewayPrincipal,
  type Generation,
  type Relay,
} from '@millrace/relay';
import { MillraceError, systemRandom, type Clock } from '@millrace/runtime';
import { forbidsCache } from '../cache-control.ts';
import { callerOf } from '../caller.ts';
import type { IngressSettings } from '../config.ts';
import { awaitJob, isOver, waitOf } from './await-job.ts';
import { responseRoutes, type ResponseRoutesOptions } from '../responses/response-routes.ts';
import { batchRoutes } from './batch-routes.ts';
import { fileRoutes } from './file-routes.ts';
import { jobListParameters, jobQueryParameters } from './job-schema.ts';
import { createKept, explainKept, type JobsAccess, type Kept } from './jobs-access.ts';
import { createQueryReader, listOf } from './list-query.ts';
import { onDelivered } from './on-delivered.ts';
import { createJobReader, digestOf, inBody } from './read-job.ts';
import type { Waiters } from '../waiters.ts';
import { progressOf, showWholeJob } from './show-whole-job.ts';

export interface JobRoutesOptions {
  readonly relay: Relay;
  readonly ask: ResponseRoutesOptions['ask'];
  readonly onError: (error: unknown) => void;
  readonly settings: IngressSettings;
  readonly clock: Clock;
  readonly waiters: Waiters;
  readonly identify: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  readonly endpoints: readonly Endpoint[];
  /** Undefined where there is no database. */
  readonly access: JobsAccess | undefined;
}

/** What the routes of what is kept are handed. */
export interface KeptRoutesOptions {
  readonly kept: () => Kept;
  readonly clock: Clock;
  readonly settings: IngressSettings;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** Called with what went wrong behind an answer. */
  readonly onError: (error: unknown) => void;
}

interface JobRoute {
  readonly Params: { readonly id: string };
}

/** @throws as `requireModel`, of a field of the body */
function requireModelOf(
  relay: Pick<Relay, 'requireModel'>,
  principal: GatewayPrincipal,
  generation: Generation,
): void {
  try {
    relay.requireModel(principal, generation);
  } catch (error) {
    throw error instanceof MillraceError ? inBody(error) : error;
  }
}

/** A fastify plugin with jobs, files and batches. Where the database is away they say so, and nothing else does. */
export async function jobRoutes(app: FastifyInstance, options: JobRoutesOptions): Promise<void> {
  const { relay, settings, clock, identify, access, ask, onError, waiters } = options;
  const endpoints = new Map(options.endpoints.map((endpoint) => [endpoint.path, endpoint]));
  const stores = access === undefined ? undefined : createKept(access, clock);
  const kept = (): Kept => {
    if (stores !== undefined) return stores;
    throw new MillraceError(
      'unavailable',
      'This gateway has no database, which jobs, files and batches need.',
    );
  };
  const read = createJobReader({ endpoints, random: systemRandom, settings });
  const readList = createQueryReader<{ readonly status?: Job['status'] }>(jobListParameters);
  const readQuery = createQueryReader<{ readonly wait?: string }>(jobQueryParameters);

  acceptNoBody(app, settings.maxBodyBytes);
  app.addHook('onRequest', identify);
  app.addHook('onRequest', refuseEncoding);
  const inherited = app.errorHandler;
  app.setErrorHandler((error, request, reply) =>
    inherited.call(app, explainKept(error) as Error, request, reply),
  );

  app.post('/v1/jobs', async (request, reply) => {
    const { principal, client } = callerOf(request);
    if (request.body === undefined) throw notJson();
    const key = idempotencyKeyOf(request);
    const { endpoint, priority, request: made, retentionMs, webhook, generation } = read(request.body);
    const asked = { ...made, isUncached: forbidsCache(request.headers) };
    client.ended.throwIfAborted();
    const digest = digestOf('/v1/jobs', request.body);
    const { status, body } = await kept().once({ principal, key, digest }, async (transaction) => {
      requireModelOf(relay, principal, generation);
      const job = await kept().jobs.create(transaction, {
        kind: 'job',
        principal,
        endpoint,
        priority,
        request: asked,
        lifetimeMs: settings.jobLifetimeMs,
        retentionMs,
      });
      const shown = showWholeJob({ job, request: asked, result: undefined }, undefined);
      return { status: 202, body: { ...shown, webhook: webhook?.shown ?? null } };
    });
    kept().wakeRunners();
    return reply.code(status).send(body);
  });

  app.get('/v1/jobs', async (request) => {
    const { limit = jobListParameters.limit.default, after, status } = readList(request.query);
    const { principal } = callerOf(request);
    const { items, hasMore } = await kept().jobs.list(principal, { kind: 'job', status, limit, after });
    return listOf({ items: items.map(showJob), hasMore });
  });

  app.get<JobRoute>('/v1/jobs/:id', async (request, reply) => {
    const { principal, client } = callerOf(request);
    const { id } = request.params;
    const waitMs = waitOf(readQuery(request.query).wait);
    const find = () => kept().jobs.find(principal, 'job', id);
    const leave = waitMs === 0 ? undefined : waiters.enter(principal);
    try {
      const found =
        waitMs === 0
          ? await find()
          : await awaitJob({ kept: kept(), clock }, id, find, { waitMs, signal: client.ended });
      if (found === undefined) throw notFound('job', 'job_id');
      if (isOver(found)) onDelivered(reply, () => kept().jobs.delivered(principal, 'job', id), onError);
      return showWholeJob(found, await progressOf(relay, found, principal));
    } catch (error) {
      if (!client.gone.aborted) throw error;
      return reply.hijack();
    } finally {
      leave?.();
    }
  });

  app.post<JobRoute>('/v1/jobs/:id/cancel', async (request) => {
    const job = await kept().jobs.cancel(callerOf(request).principal, 'job', request.params.id);
    if (job === undefined) throw notFound('job', 'job_id');
    kept().wakeRunners();
    return showJob(job);
  });

  app.delete<JobRoute>('/v1/jobs/:id', async (request) => {
    const { id } = request.params;
    const removed = await kept().jobs.remove(callerOf(request).principal, 'job', id);
    if (removed === undefined) throw notFound('job', 'job_id');
    if (!removed.isRemoved) {
      throw new MillraceError('conflicting_values', `The job is ${removed.job.status}: cancel it first.`, {
        param: 'job_id',
      });
    }
    return { id, object: 'job.deleted', deleted: true };
  });

  const more: KeptRoutesOptions = { kept, clock, settings, endpoints, onError };
  await app.register(fileRoutes, more);
  await app.register(batchRoutes, more);
  await app.register(responseRoutes, { ...more, relay, waiters, ask });
}

/** Clients say that they send JSON also where they send nothing. */
function acceptNoBody(app: FastifyInstance, bodyLimit: number): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit },
    async (_request: FastifyRequest, body: Buffer) => (body.length === 0 ? undefined : parseJson(body)),
  );
}
