import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { VerifiedPrincipal } from '@millrace/contracts';
import {
  isWithinReach,
  notFound,
  platformPlace,
  publishControlChanges,
  requirePermission,
} from '@millrace/control-plane';
import { parseJson } from '@millrace/endpoints';
import { createKeptAnswers } from '@millrace/jobs';
import { createBudgetAlerts } from '@millrace/quota';
import {
  bearerOf,
  bodyWithoutCode,
  refuseEncoding,
  safePath,
  sendError,
  toClientError,
  type Credentials,
} from '@millrace/relay';
import { createIdGenerator, MillraceError, systemRandom } from '@millrace/runtime';
import { isDatabaseAway, type StageDependencies } from '@millrace/stage';
import { inTransaction, type Database, type Transaction } from '@millrace/store';
import type { AdminPlane, AdminRoute, AnyCall } from './admin-route.ts';
import { allRoutes } from './all-routes.ts';
import { createErasures } from './erasures.ts';
import { createOnce } from './once.ts';
import { onRecord } from './on-record.ts';
import { adminDocument, statusOf } from './openapi.ts';
import { createAskedReader } from './read-asked.ts';

export interface AdminRoutesOptions extends StageDependencies {
  readonly database: Database;
  readonly verify: Credentials['verify'];
  readonly allowsPrivateIssuers: boolean;
}

const maxBodyBytes = 64 * 1024;
/** How long an answer waits for those who watch CONTROL to be told; what takes longer is told later. */
const tellLimitMs = 2_000;
const retryMs = 1_000;

/**
 * A fastify plugin with the administration; register it with its prefix. Each request goes the same way: who is it, may it do this at all,
 * what does it say, where does it take place, is that within reach. What is out of reach is as if it were not there.
 */
export async function adminRoutes(app: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { database, clock, logger, verify } = options;
  const nextId = createIdGenerator(clock, systemRandom);
  const erasures = createErasures({ ...options, nextId });
  app.addHook('onClose', () => erasures.stop());
  const budgetAlerts = createBudgetAlerts(options);
  const plane: AdminPlane = { ...options, random: systemRandom, nextId, budgetAlerts, erasures };
  const once = createOnce(database, createKeptAnswers({ ...plane }));
  const requests = options.metrics.counter({
    name: 'millrace_admin_requests_total',
    help: 'Requests to the administration, by operation and status.',
    labelNames: ['operation', 'status'],
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: maxBodyBytes },
    async (_request: FastifyRequest, body: Buffer) => (body.length === 0 ? undefined : parseJson(body)),
  );
  app.decorateRequest('principal', null);
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('x-request-id', nextId());
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(bodyWithoutCode(`There is no ${request.method} ${safePath(request.url)} here.`)),
  );
  app.setErrorHandler((cause, _request, reply) => {
    const error = toClientError(explain(cause), maxBodyBytes);
    if (error.code === 'internal_error') logger.error({ error: cause }, 'a request could not be answered');
    return sendError(reply, error);
  });

  /** Those who watch CONTROL are told at once; where that fails, by whoever comes next. */
  const tell = async (): Promise<void> => {
    const told = publishControlChanges(plane).catch((error: unknown) =>
      logger.warn({ error }, 'a change will be told to the gateways later'),
    );
    const limit = Promise.withResolvers<void>();
    const timer = clock.setTimer(tellLimitMs, () => limit.resolve());
    await Promise.race([told, limit.promise]);
    timer.cancel();
  };

  /** What changes something is put on record in the transaction that changes it, or before it begins. */
  const carryOut = async (
    spec: AdminRoute,
    call: AnyCall,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<object | undefined> => {
    if (spec.run !== undefined) return spec.run(call);
    const recorded = (transaction: Transaction) =>
      onRecord(spec, call, String(reply.getHeader('x-request-id')), transaction, async () => {
        const work = spec.create ?? spec.change;
        return work === undefined ? plannedOf(spec, call) : work(call, transaction);
      });
    const isKeyed = spec.create !== undefined || (spec.undertake !== undefined && spec.isOnce === true);
    const made = await (isKeyed ? once(request, call.actor, recorded) : inTransaction(database, recorded));
    return spec.undertake === undefined ? made : spec.undertake(call);
  };

  const mount = (spec: AdminRoute): void => {
    const read = createAskedReader(spec);
    const identify = async (request: FastifyRequest): Promise<void> => {
      const principal = await verify(bearerOf(request.headers), request.ip);
      if (spec.action !== undefined) requirePermission(principal, spec.action);
      request.setDecorator<VerifiedPrincipal>('principal', principal);
    };
    const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<object> => {
      const actor = request.getDecorator<VerifiedPrincipal>('principal');
      const asked = read(request);
      const place = await spec.place(plane, asked, actor);
      if (place !== undefined && !isWithinReach(actor, place)) throw outOfReach(spec);
      const call = { ...asked, plane, actor, place: place ?? platformPlace };
      const body = await carryOut(spec, call, request, reply);
      if (body === undefined) throw new Error(`${spec.operationId} carries nothing out`);
      if (spec.isTold === true) await tell();
      spec.after?.(call);
      if (spec.method !== 'GET') {
        logger.info(
          { action: spec.action, keyId: actor.key_id, user: actor.user_id, params: asked.params },
          'an administrative act was performed',
        );
      }
      if ('version' in body && spec.isList !== true) reply.header('etag', `"${String(body.version)}"`);
      return reply.code(statusOf(spec)).send(body);
    };
    app.route({
      method: spec.method,
      url: spec.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      onRequest: [identify, refuseEncoding],
      onResponse: (_request, reply, done) => {
        requests.inc({ operation: spec.operationId, status: String(reply.statusCode) });
        done();
      },
      handler: answer,
    });
  };
  for (const spec of allRoutes) mount(spec);

  const document = JSON.stringify(adminDocument());
  app.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(document));
}

/** What the record says of what is yet to be done. */
function plannedOf({ planned }: AdminRoute, call: AnyCall): object {
  return planned?.(call) ?? { ...(call.body as object) };
}

/** The same as for what is not there: the parameter of the path names it, or the one of the query. */
function outOfReach({ path, tag }: AdminRoute): MillraceError {
  const [, param] = /\{(\w+)\}/.exec(path) ?? [];
  return resourceOf(param ?? (tag === 'users' ? 'organisation' : 'tenant'));
}

function resourceOf(param: string): MillraceError {
  switch (param) {
    case 'organisation':
    case 'tenant':
    case 'user':
    case 'key':
      return notFound(param, param);
    case 'provider':
      return notFound('identity provider', param);
    case 'letter':
      return notFound('dead letter', param);
    default:
      return notFound('quota', param);
  }
}

/** A database that is away is so for a while. */
function explain(error: unknown): unknown {
  if (!isDatabaseAway(error)) return error;
  return new MillraceError('unavailable', 'The database cannot be reached right now.', {
    cause: error,
    retryAfterMs: retryMs,
  });
}
