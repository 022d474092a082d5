import { clientMessageSchemas } from './protocol/client-messages.ts';
import { closeCodes } from './protocol/close-codes.ts';
import { protocolVersion, serverMessageSchemas } from './protocol/server-messages.ts';

interface MessageSchema {
  readonly title: string;
  readonly description: string;
}

/** Replies that only make sense behind a certain message. */
const answer = ['accepted', 'chunk', 'completed', 'error'] as const;
const replies = {
  generate: answer,
  summarize: answer,
  classify: answer,
  translate: answer,
  embed: answer,
  cancel: ['completed', 'error'],
  resume: answer,
  ping: ['pong'],
} as const satisfies Record<
  keyof typeof clientMessageSchemas,
  readonly (keyof typeof serverMessageSchemas)[]
>;

/** The WebSocket protocol as AsyncAPI 3, of the schemas that validate. The application of the document is the server. */
export function asyncApiDocument(): object {
  return {
    asyncapi: '3.0.0',
    info: {
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      title: 'Millrace stream',
      version: `${protocolVersion}.0.0`,
      description: [
        'Many requests on one connection: JSON objects in text frames, told apart by their type.',
        'In a browser the credential goes into the subprotocols millrace.v1, millrace.bearer.<key>; the server echoes millrace.v1 alone.',
        `Close codes: ${Object.values(closeCodes)
          .map(({ code, meaning }) => `${code}: ${meaning}`)
          .join(' ')}`,
      ].join('\n\n'),
    },
    defaultContentType: 'application/json',
    servers: {
      laptop: {
        host: '127.0.0.1:8787',
        protocol: 'ws',
        description: 'What npm start brings up.',
        security: [{ $ref: '#/components/securitySchemes/apiKey' }],
      },
    },
    channels: {
      stream: {
        address: '/v1/stream',
        servers: [{ $ref: '#/servers/laptop' }],
        messages: Object.fromEntries(
          [...Object.keys(clientMessageSchemas), ...Object.keys(serverMessageSchemas)].map((type) => [
            type,
            { $ref: `#/components/messages/${type}` },
          ]),
        ),
      },
    },
    operations: {
      ...Object.fromEntries(
        Object.entries(clientMessageSchemas).map(([type, schema]) => [
          type,
          {
            action: 'receive',
            title: schema.title,
            channel: { $ref: '#/channels/stream' },
            messages: [channelMessage(type)],
            reply: {
              channel: { $ref: '#/channels/stream' },
              messages: replies[type as keyof typeof replies].map(channelMessage),
            },
          },
        ]),
      ),
      greet: {
        action: 'send',
        title: 'Ready',
        channel: { $ref: '#/channels/stream' },
        messages: [channelMessage('ready')],
      },
    },
    components: {
      messages: Object.fromEntries(
        Object.entries<MessageSchema>({ ...clientMessageSchemas, ...serverMessageSchemas }).map(
          ([type, schema]) => [
            type,
            { name: type, title: schema.title, summary: schema.description, payload: schema },
          ],
        ),
      ),
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, mr_…' },
      },
    },
  };
}

function channelMessage(type: string): object {
  return { $ref: `#/channels/stream/messages/${type}` };
}
