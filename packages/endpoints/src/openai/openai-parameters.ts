import { chatBodySchema, refusedInChat } from './chat-schema.ts';
import { completionBodySchema, refusedInCompletions } from './completion-schema.ts';
import { embeddingBodySchema, refusedInEmbeddings } from './embedding-schema.ts';
import { refusedInResponses, responseBodySchema } from '../responses/response-schema.ts';
import type { RefusedParameters } from './refused-parameters.ts';

interface Field {
  readonly description?: string;
}

/** What becomes of the parameters of one endpoint. */
export interface EndpointParameters {
  readonly path: string;
  readonly taken: Readonly<Record<string, Field>>;
  readonly refused: RefusedParameters;
}

/** All parameters of the endpoints of the OpenAI API: what is in neither list is refused as unknown. */
export const openAiParameters: readonly EndpointParameters[] = [
  { path: '/v1/chat/completions', taken: chatBodySchema.properties, refused: refusedInChat },
  { path: '/v1/completions', taken: completionBodySchema.properties, refused: refusedInCompletions },
  { path: '/v1/embeddings', taken: embeddingBodySchema.properties, refused: refusedInEmbeddings },
  { path: '/v1/responses', taken: responseBodySchema.properties, refused: refusedInResponses },
];
