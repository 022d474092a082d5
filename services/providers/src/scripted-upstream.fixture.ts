import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the next call gets: all that it does with the response is up to it. */
export type Reaction = (response: ServerResponse, body: UpstreamBody) => void | Promise<void>;

export interface UpstreamBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly stream: boolean;
  readonly [name: string]: unknown;
}

/** Someone else's service, which does what it is told to: an OpenAI-compatible provider. */
export interface ScriptedUpstream {
  /** Ends with /v1. */
  readonly baseUrl: string;
  readonly calls: readonly {
    readonly path: string;
    readonly body: UpstreamBody;
    readonly authorization: string | undefined;
  }[];
  /** How many there were, with one or more calls each. */
  readonly connections: number;
  /** What the next calls get, one after the other; the last one also those behind it. */
  react(...reactions: readonly Reaction[]): void;
  stop(): Promise<void>;
}

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const calls: ScriptedUpstream['calls'][number][] = [];
  let reactions: readonly Reaction[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = '';
    for await (const received of request.setEncoding('utf8')) text += String(received);
    const body = JSON.parse(text) as UpstreamBody;
    calls.push({ path: request.url ?? '', body, authorization: request.headers.authorization });
    const [reaction, ...rest] = reactions;
    if (rest.length > 0) reactions = rest;
    await reaction?.(response, body);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    calls,
    get connections() {
      return connections;
    },
    react(...next) {
      reactions = next;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One event of an answer. */
export function eventOf(data: object | string): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

/** A piece of the first choice. */
export function piece(content: string, finishReason: string | null = null, index = 0): string {
  return eventOf({ choices: [{ index, delta: { content }, finish_reason: finishReason }] });
}

export const usageEvent = eventOf({
  choices: [],
  usage: { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } },
});

export const doneEvent = eventOf('[DONE]');

export function openStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
}

/** A whole answer of these pieces. */
export function answering(...texts: readonly string[]): Reaction {
  return (response) => {
    openStream(response);
    for (const text of texts) response.write(piece(text));
    response.end(piece('', 'stop') + usageEvent + doneEvent);
  };
}

/** An answer that has this body. */
export function raw(...chunks: readonly (string | Uint8Array)[]): Reaction {
  return async (response) => {
    openStream(response);
    for (const chunk of chunks) await new Promise((resolve) => response.write(chunk, resolve));
    response.end();
  };
}

export function refusing(status: number, headers: Readonly<Record<string, string>> = {}): Reaction {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message: 'no', type: 'x', param: null, code: null } }));
  };
}
