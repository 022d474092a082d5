import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';
import { safeMessage } from './serialize-error.ts';

/** Something that has to work before requests are taken, such as the broker's connection. */
export interface HealthCheck {
  readonly name: string;
  /** Undefined when all is well, else why not. An error counts as not well. */
  check(signal: AbortSignal): Promise<string | undefined> | string | undefined;
}

export interface HealthOptions {
  /** Answered at `/readyz`. */
  readonly checks: readonly HealthCheck[];
  /** Answered at `/healthz`: a failure means that only a restart helps. */
  readonly liveness?: readonly HealthCheck[];
  readonly metrics: Metrics;
  /** A check that takes longer fails; by default 2 s. */
  readonly checkLimitMs?: number;
}

/** A fastify plugin with `/healthz`, `/readyz` (200, or 503 with what is not ready and why) and `/metrics`. */
export function healthRoutes(app: FastifyInstance, options: HealthOptions, done: () => void): void {
  const limitMs = options.checkLimitMs ?? 2_000;
  const route = (path: string, checks: readonly HealthCheck[], well: string, unwell: string): void => {
    app.get(path, { logLevel: 'silent' }, async (_request, reply) => {
      const problems = await runChecks(checks, limitMs);
      const isWell = Object.keys(problems).length === 0;
      return reply
        .code(isWell ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(isWell ? { status: well } : { status: unwell, problems });
    });
  };
  route('/healthz', options.liveness ?? [], 'alive', 'failed');
  route('/readyz', options.checks, 'ready', 'not_ready');
  app.get('/metrics', { logLevel: 'silent' }, async (_request, reply) => {
    const { contentType, body } = await options.metrics.expose();
    return reply.header('content-type', contentType).send(body);
  });
  done();
}

async function runChecks(
  checks: readonly HealthCheck[],
  limitMs: number,
): Promise<Readonly<Record<string, string>>> {
  const results = await Promise.all(
    checks.map(async (check) => [check.name, await runCheck(check, limitMs)] as const),
  );
  return Object.fromEntries(
    results.filter((result): result is readonly [string, string] => result[1] !== undefined),
  );
}

async function runCheck(check: HealthCheck, limitMs: number): Promise<string | undefined> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<string>((resolve) => {
    timer = setTimeout(() => {
      resolve(`no answer within ${limitMs} ms`);
      controller.abort();
    }, limitMs);
  });
  try {
    return await Promise.race([check.check(controller.signal), tooLong]);
  } catch (error) {
    return error instanceof Error ? safeMessage(error) : 'failed';
  } finally {
    clearTimeout(timer);
  }
}
