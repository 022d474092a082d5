import type { FastifyInstance } from 'fastify';
import { MillraceError } from './millrace-error.ts';

export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  /** The variable that sets the port, for the message; by default MILLRACE_PORT. */
  readonly portVariable?: string;
}

/**
 * Makes an app listen.
 * @returns the port that it listens on
 * @throws MillraceError port_in_use, or config_invalid where the port or host may not be used
 */
export async function listen(
  app: Pick<FastifyInstance, 'listen' | 'server'>,
  { port, host, portVariable = 'MILLRACE_PORT' }: ListenOptions,
): Promise<number> {
  try {
    await app.listen({ port, host });
  } catch (error) {
    throw explain(error, port, host, portVariable);
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function explain(error: unknown, port: number, host: string, portVariable: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new MillraceError(
      'port_in_use',
      `Port ${port} is in use: stop the other program or set ${portVariable}`,
      { cause: error },
    );
  if (code === 'EACCES')
    return new MillraceError(
      'config_invalid',
      `Port ${port} may not be used by this user: set ${portVariable} to one above 1023`,
      { cause: error },
    );
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new MillraceError('config_invalid', `${host} is not an address of this machine`, { cause: error });
  return error;
}
