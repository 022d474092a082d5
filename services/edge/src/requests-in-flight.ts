import type { VerifiedPrincipal } from '@millrace/contracts';
import type { Logger } from '@millrace/runtime';
import type { Consent } from '@millrace/personal-data';
import { withReceipt, type Drain, type Relay, type RelayEvent } from '@millrace/relay';
import { duplicateId, tooManyOnConnection, unknownId } from './errors.ts';
import type { AskMessage, ResumeMessage } from './protocol/client-messages.ts';
import type { ServerMessage } from './protocol/server-messages.ts';
import { toErrorMessage, toServerMessage } from './protocol/to-server-message.ts';
import { toSubmission } from './to-submission.ts';

/** The connection as its requests see it. */
export interface Outlet {
  send(message: ServerMessage): void;
  /** Resolves when the client has read enough. @throws the signal's reason */
  writable(signal: AbortSignal): Promise<void>;
}

export interface RequestsInFlight {
  /** @throws `duplicate_id`, `too_many_in_flight`, `unavailable` when the gateway stops, and what is wrong with the content */
  ask(message: AskMessage, traceparent: string | undefined): void;
  /** @throws `duplicate_id`, `too_many_in_flight`, `unavailable` when the gateway stops */
  resume(message: ResumeMessage): void;
  /** @throws `request_not_found` */
  cancel(names: { readonly id?: string; readonly request_id?: string }): Promise<void>;
  /** Calls back once none is in flight. */
  whenIdle(listener: () => void): void;
  /** The connection is gone: its requests run on for the grace period. */
  abandon(graceMs: number): Promise<void>;
}

type Events = AsyncGenerator<RelayEvent, void, undefined>;

interface Entry {
  readonly id: string | undefined;
  requestId: string | undefined;
  /** Whether it was submitted on this connection. */
  readonly isOwn: boolean;
  cancelled: boolean;
}

export interface RequestsContext {
  readonly relay: Relay;
  readonly drain: Pick<Drain, 'draining' | 'begin'>;
  readonly logger: Logger;
  readonly consent: Consent;
}

/** The requests of one connection, from their acceptance to their end. */
export function createRequestsInFlight(
  { relay, drain, logger, consent }: RequestsContext,
  principal: VerifiedPrincipal,
  outlet: Outlet,
  limit: number,
): RequestsInFlight {
  const entries = new Set<Entry>();
  const running = new Set<Promise<void>>();
  const gone = new AbortController();
  let abandonedForMs: number | undefined;
  let onIdle: (() => void) | undefined;

  const find = (isWanted: (entry: Entry) => boolean): Entry | undefined => [...entries].find(isWanted);

  const namesOf = ({ id, requestId }: Entry) => ({
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(id === undefined ? {} : { id }),
  });

  /** Runs the work of a request beside the others; its error goes to the client. */
  const start = (entry: Entry, work: () => Promise<void>): void => {
    drain.draining.throwIfAborted();
    if (entry.id !== undefined && find((other) => other.id === entry.id) !== undefined)
      throw duplicateId('id', entry.id);
    if (entry.requestId !== undefined && find((other) => other.requestId === entry.requestId) !== undefined) {
      throw duplicateId('request_id', entry.requestId);
    }
    if (entries.size >= limit) throw tooManyOnConnection(limit);
    const leave = relay.enter(principal);
    const ended = drain.begin();
    entries.add(entry);
    const run = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (gone.signal.aborted) return;
        logger.debug({ error, requestId: entry.requestId }, 'a request failed');
        entries.delete(entry);
        outlet.send(toErrorMessage(error, namesOf(entry)));
      } finally {
        entries.delete(entry);
        leave();
        ended();
      }
    };
    const promise = run().finally(() => {
      running.delete(promise);
      if (running.size === 0) onIdle?.();
    });
    running.add(promise);
  };

  const send = async (
    entry: Entry,
    requestId: string,
    { after, receipt = false }: { readonly after: number; readonly receipt?: boolean | undefined },
    kept = (events: Events): Events => events,
  ): Promise<void> => {
    const names = { request_id: requestId, ...(entry.id === undefined ? {} : { id: entry.id }) };
    const followed = kept(relay.follow(requestId, { principal, after, signal: gone.signal }));
    const subject = { tenant: principal.tenant, requestId };
    const events = receipt ? withReceipt(relay.askReceipt, subject, followed, gone.signal) : followed;
    for await (const event of events) {
      await outlet.writable(gone.signal);
      // The id is free again once the client knows of the end.
      if (event.type !== 'chunk') entries.delete(entry);
      outlet.send(toServerMessage(event, names));
    }
  };

  return {
    ask(message, traceparent) {
      const submission = toSubmission(message, principal, traceparent);
      const isConsented = message.type === 'generate' && message.consent === true;
      if (isConsented) consent.require(principal);
      const entry: Entry = { id: message.id, requestId: undefined, isOwn: true, cancelled: false };
      start(entry, async () => {
        const { requestId, model } = await relay.submit(submission);
        entry.requestId = requestId;
        if (abandonedForMs !== undefined) {
          relay.abandon({ requestId, isOwn: true }, abandonedForMs);
          return;
        }
        outlet.send({ type: 'accepted', request_id: requestId, id: message.id });
        if (entry.cancelled) await relay.cancel(requestId, principal);
        const { generation } = submission;
        await send(entry, requestId, { after: 0, receipt: message.receipt }, (events) =>
          isConsented ? consent.keep({ principal, requestId, model, generation }, events) : events,
        );
      });
    },
    resume(message) {
      const entry: Entry = {
        id: message.id,
        requestId: message.request_id,
        isOwn: false,
        cancelled: false,
      };
      start(entry, () => send(entry, message.request_id, message));
    },
    async cancel({ id, request_id: requestId }) {
      const entry = find((other) => (id === undefined ? other.requestId === requestId : other.id === id));
      const target = entry?.requestId ?? (id === undefined ? requestId : undefined);
      if (target !== undefined) await relay.cancel(target, principal);
      else if (entry === undefined) throw unknownId('id');
      else entry.cancelled = true;
    },
    whenIdle(listener) {
      onIdle = listener;
      if (running.size === 0) listener();
    },
    async abandon(graceMs) {
      abandonedForMs = graceMs;
      for (const { requestId, isOwn } of entries)
        if (requestId !== undefined) relay.abandon({ requestId, isOwn }, graceMs);
      gone.abort(new Error('the connection is gone'));
      await Promise.all(running);
    },
  };
}
