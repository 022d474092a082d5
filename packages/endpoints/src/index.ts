export { CollectedChoices, endOf } from './collected-choices.ts';
export { createEndpoints, type Asked, type Endpoint } from './endpoints.ts';
export {
  errorBodySchema,
  eventSchemas,
  generateAnswerSchema,
  generateBodySchema,
} from './generate-schema.ts';
export { createBodyReader, parseJson } from './read-body.ts';
export { streamedTasks, taskAnswerSchema, taskBodySchema } from './task-schema.ts';
