import { compileValidator, type Validator } from '@millrace/runtime';
import type { Endpoint } from '../endpoints.ts';
import { named } from '../field-names.ts';
import { createBodyReader } from '../read-body.ts';
import { chatAnswer } from './chat-answer.ts';
import { chatFrames } from './chat-frames.ts';
import { chatBodySchema, refusedInChat } from './chat-schema.ts';
import { completionAnswer } from './completion-answer.ts';
import { completionFrames } from './completion-frames.ts';
import { completionBodySchema, refusedInCompletions } from './completion-schema.ts';
import { embeddingAnswer } from './embedding-answer.ts';
import { embeddingBodySchema, refusedInEmbeddings } from './embedding-schema.ts';
import { chatName, readChat, type ChatBody } from './read-chat.ts';
import { readCompletion, type CompletionBody } from './read-completion.ts';
import { embeddingName, readEmbedding, type EmbeddingBody } from './read-embedding.ts';
import { withoutRefused, type RefusedParameters } from './refused-parameters.ts';

/** The endpoints of the OpenAI API at which something is asked. */
export function openAiEndpoints(): readonly Endpoint[] {
  const readChatBody = bodyReader(compileValidator<ChatBody>(chatBodySchema), refusedInChat);
  const readCompletionBody = bodyReader(
    compileValidator<CompletionBody>(completionBodySchema),
    refusedInCompletions,
  );
  const readEmbeddingBody = bodyReader(
    compileValidator<EmbeddingBody>(embeddingBodySchema),
    refusedInEmbeddings,
  );
  return [
    {
      path: '/v1/chat/completions',
      read(value) {
        const body = readChatBody(value);
        const includeUsage = body.stream_options?.include_usage === true;
        return {
          generation: readChat(body),
          stream: body.stream === true,
          isConsented: body.consent === true,
          answer: chatAnswer,
          frames: (start) => chatFrames(start, includeUsage),
          nameOf: (param) => chatName(body, param),
        };
      },
    },
    {
      path: '/v1/completions',
      read(value) {
        const body = readCompletionBody(value);
        const includeUsage = body.stream_options?.include_usage === true;
        return {
          generation: readCompletion(body),
          stream: body.stream === true,
          answer: completionAnswer,
          frames: (start) => completionFrames(start, includeUsage),
        };
      },
    },
    {
      path: '/v1/embeddings',
      read(value) {
        const body = readEmbeddingBody(value);
        return {
          generation: named(() => readEmbedding(body), embeddingName),
          stream: false,
          answer: (collected, start, end) => embeddingAnswer(body, collected, start, end),
          frames: (start) => completionFrames(start, false),
          nameOf: embeddingName,
        };
      },
    },
  ];
}

/** Refuses by name what cannot be honoured, then validates. */
function bodyReader<Body>(validate: Validator<Body>, refused: RefusedParameters): Validator<Body> {
  const read = createBodyReader<object>((value) => value as object);
  return (value) => validate(withoutRefused(read(value), refused));
}
