import type { IncomingHttpHeaders } from 'node:http';
import type { WebSocket } from 'ws';
import type { AccessBarred, VerifiedPrincipal } from '@millrace/contracts';
import { requirePermission } from '@millrace/control-plane/permissions';
import type { Consent } from '@millrace/personal-data';
import { maxContentBytes, whyBarred, type Drain, type Relay } from '@millrace/relay';
import { MillraceError, type Clock, type Logger } from '@millrace/runtime';
import type { EdgeSettings } from './config.ts';
import { credentialOf } from './credential.ts';
import type { EdgeMetrics } from './edge-metrics.ts';
import {
  barred,
  credentialChanged,
  credentialExpired,
  credentialRevoked,
  twiceNamedCancel,
  unnamedCancel,
} from './errors.ts';
import { startHeartbeat } from './heartbeat.ts';
import { Inbox } from './inbox.ts';
import { PacedSocket } from './paced-socket.ts';
import type { ClientMessage } from './protocol/client-messages.ts';
import { closeCodes, type CloseReason } from './protocol/close-codes.ts';
import type { createMessageReader, MessageNames } from './protocol/read-client-message.ts';
import { protocolVersion, type ServerMessage } from './protocol/server-messages.ts';
import { toErrorMessage } from './protocol/to-server-message.ts';
import { atExpiry } from './at-expiry.ts';
import { createRequestsInFlight, type RequestsInFlight } from './requests-in-flight.ts';

export interface ConnectionContext {
  readonly relay: Relay;
  readonly drain: Drain;
  readonly settings: EdgeSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly edgeMetrics: EdgeMetrics;
  readonly consent: Consent;
  readonly readMessage: ReturnType<typeof createMessageReader>;
}

/** Who has opened a connection. */
export interface ConnectionClient {
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
}

/** One WebSocket connection, from its upgrade to its close. */
export interface Connection {
  /** Tells the client why and closes. */
  end(reason: CloseReason, error?: MillraceError): void;
  /** Ends the connection as soon as it has no request in flight: the gateway stops. */
  leave(): void;
  /** Ends the connection if it belongs to this API key. */
  revoke(keyId: string): void;
  /** Has the client connect again if the connection belongs to this API key, which may do more, or less, than before. */
  renew(keyId: string): void;
  /** Ends the connection if it belongs to whom this bar keeps out. */
  bar(bar: AccessBarred): void;
  /** Resolves when the connection is closed and all that it had begun is handed over. */
  readonly finished: Promise<void>;
}

/** Serves a connection. Call it in the same turn as the upgrade, so that no message is missed. */
export function serveConnection(
  socket: WebSocket,
  { headers, address }: ConnectionClient,
  context: ConnectionContext,
): Connection {
  const { relay, drain, settings, clock, logger, edgeMetrics, readMessage, consent } = context;
  const paced = new PacedSocket(socket, settings.sendBufferBytes);
  const inbox = new Inbox(socket);
  const closed = new AbortController();
  /** Aborted once the connection is closed or told so: what still comes is not worked on. */
  const ended = new AbortController();
  let principal: VerifiedPrincipal | undefined;
  let inFlight: RequestsInFlight | undefined;

  socket.on('message', (data: Buffer, isBinary: boolean) => inbox.push({ data, isBinary }));
  socket.on('error', (error) => logger.debug({ error }, 'a connection failed'));
  socket.on('close', (code) => {
    edgeMetrics.closed(code);
    closed.abort(new Error('the connection is closed'));
    ended.abort(closed.signal.reason);
    paced.release();
  });
  const stopHeartbeat = startHeartbeat(socket, {
    clock,
    intervalMs: settings.heartbeatMs,
    progress: () => paced.progress,
  });

  const send = (message: ServerMessage): void => paced.send(message);

  const end = (reason: CloseReason, error?: MillraceError): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (error !== undefined) send(toErrorMessage(error));
    socket.close(reason.code, error?.code ?? '');
    ended.abort(new Error('the connection is ended'));
  };

  const refuse = (error: unknown, names: MessageNames): void => {
    const message = toErrorMessage(error, names);
    if (message.code === 'internal_error') logger.error({ error }, 'a message could not be handled');
    edgeMetrics.refused(message.code);
    send(message);
  };

  const handle = async (message: ClientMessage, requests: RequestsInFlight): Promise<void> => {
    edgeMetrics.received(message.type);
    switch (message.type) {
      case 'generate':
      case 'summarize':
      case 'classify':
      case 'translate':
      case 'embed':
        requests.ask(message, traceparentOf(headers));
        return;
      case 'cancel':
        if (message.id === undefined && message.request_id === undefined) throw unnamedCancel();
        if (message.id !== undefined && message.request_id !== undefined) throw twiceNamedCancel();
        await requests.cancel(message);
        return;
      case 'resume':
        requests.resume(message);
        return;
      case 'ping':
        send({ type: 'pong' });
    }
  };

  const work = async (requests: RequestsInFlight): Promise<void> => {
    for (;;) {
      const frame = await inbox.take(ended.signal);
      if (frame === undefined) return;
      const read = readMessage(frame.data, frame.isBinary);
      if (read.ok) {
        try {
          await handle(read.message, requests);
        } catch (error) {
          refuse(error, namesOf(read.message));
        }
      } else {
        relay.noteRefusal('WEBSOCKET', read.error);
        refuse(read.error, read.names);
      }
      if (paced.isFull) await paced.writable(ended.signal);
    }
  };

  const run = async (): Promise<void> => {
    try {
      principal = await relay.verify(credentialOf(headers), address);
      requirePermission(principal, 'request.submit');
    } catch (error) {
      const known = MillraceError.from(error);
      end(reasonOf(known), known);
      return;
    }
    if (ended.signal.aborted) return;
    send({
      type: 'ready',
      protocol: protocolVersion,
      gateway: relay.gateway,
      heartbeat_ms: settings.heartbeatMs,
      limits: {
        max_in_flight: Math.min(principal.max_in_flight, settings.maxInFlightPerConnection),
        max_content_bytes: maxContentBytes,
        max_frame_bytes: settings.maxFrameBytes,
      },
    });
    const outlet = { send, writable: (signal: AbortSignal) => paced.writable(signal) };
    const requests = createRequestsInFlight(
      { relay, drain, logger, consent },
      principal,
      outlet,
      settings.maxInFlightPerConnection,
    );
    inFlight = requests;
    const expiry = atExpiry(principal, clock, () => end(closeCodes.badCredential, credentialExpired()));
    try {
      await work(requests);
    } finally {
      expiry.cancel();
      await requests.abandon(settings.disconnectGraceMs);
    }
  };

  const finish = async (): Promise<void> => {
    try {
      await run();
    } catch (error) {
      if (ended.signal.aborted) return;
      logger.error({ error }, 'a connection could not be served');
      end(
        closeCodes.internalError,
        new MillraceError('internal_error', 'Something went wrong on the side of the platform.'),
      );
    } finally {
      await whenAborted(closed.signal);
      stopHeartbeat();
    }
  };

  return {
    end,
    leave() {
      if (inFlight === undefined) end(closeCodes.goingAway);
      else inFlight.whenIdle(() => end(closeCodes.goingAway));
    },
    revoke(keyId) {
      if (principal?.key_id === keyId) end(closeCodes.badCredential, credentialRevoked());
    },
    renew(keyId) {
      if (principal?.key_id === keyId) end(closeCodes.tryAgainLater, credentialChanged());
    },
    bar(bar) {
      const why = principal === undefined ? undefined : whyBarred(principal, bar);
      if (why !== undefined) end(closeCodes.denied, barred(why));
    },
    finished: finish(),
  };
}

/** How a connection ends whose credential was not taken. */
function reasonOf({ code }: MillraceError): CloseReason {
  if (code === 'invalid_api_key') return closeCodes.badCredential;
  return code === 'permission_denied' ? closeCodes.denied : closeCodes.tryAgainLater;
}

function namesOf(message: ClientMessage): MessageNames {
  const { id, request_id } = { id: undefined, request_id: undefined, ...message };
  return { ...(id === undefined ? {} : { id }), ...(request_id === undefined ? {} : { request_id }) };
}

function traceparentOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  return typeof traceparent === 'string' ? traceparent : undefined;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
