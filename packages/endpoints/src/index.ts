export { CollectedChoices } from './collected-choices.ts';
export { createEndpoints, type Asked, type Endpoint } from './endpoints.ts';
export {
  errorBodySchema,
  eventSchemas,
  generateAnswerSchema,
  generateBodySchema,
} from './generate-schema.ts';
export { chatBodySchema } from './openai/chat-schema.ts';
export { completionBodySchema } from './openai/completion-schema.ts';
export { embeddingBodySchema } from './openai/embedding-schema.ts';
export { openAiParameters, type EndpointParameters } from './openai/openai-parameters.ts';
export { createBodyReader, parseJson } from './read-body.ts';
export { nativeFrames, type StreamFrame, type StreamFrames, type StreamStart } from './stream-frames.ts';
export { streamedTasks, taskAnswerSchema, taskBodySchema } from './task-schema.ts';
