export { CollectedChoices } from './collected-choices.ts';
export { createEndpoints, type Asked, type Endpoint } from './endpoints.ts';
export { withFieldName, type FieldNames } from './field-names.ts';
export {
  errorBodySchema,
  eventSchemas,
  generateAnswerSchema,
  generateBodySchema,
} from './generate-schema.ts';
export { chatBodySchema } from './openai/chat-schema.ts';
export { completionBodySchema } from './openai/completion-schema.ts';
export { embeddingBodySchema } from './openai/embedding-schema.ts';
export { modelList, modelOf } from './openai/model-list.ts';
export { openAiParameters, type EndpointParameters } from './openai/openai-parameters.ts';
export { predictAnswerSchema, predictBodySchema } from './predict/predict-schema.ts';
export { createBodyReader, parseJson } from './read-body.ts';
export { createResponseReader, responsesPath } from './responses/response-endpoint.ts';
export { failedResponse, responseFrames } from './responses/response-frames.ts';
export { responseOf, type ResponseHead, type ResponseObject } from './responses/response-object.ts';
export { responseBodySchema } from './responses/response-schema.ts';
export { itemsOf, textOf, type InputItem, type ResponseBody } from './responses/read-response.ts';
export {
  namedFrames,
  nativeFrames,
  type StreamFrame,
  type StreamFrames,
  type StreamStart,
} from './stream-frames.ts';
export { streamedTasks, taskAnswerSchema, taskBodySchema } from './task-schema.ts';
