export { withReceipt, type AskReceipt } from './ask-receipt.ts';
export {
  answerChunk,
  chunkProperties,
  finishProperties,
  logprobsSchema,
  toolCallsSchema,
  type AnswerChunk,
} from './answer-chunk.ts';
export { costSchema, type AnswerCost } from './answer-cost.ts';
export { answerTimings, answerUsage, timingsSchema, usageSchema, type AnswerUsage } from './answer-schema.ts';
export { watchBars, whyBarred } from './bars.ts';
export { clientError, clientErrorCodes, repeatingNothing } from './client-error.ts';
export { createCredentials, type CredentialOptions, type Credentials } from './credentials.ts';
export { watchRevocations, type Revocations } from './revocations.ts';
export { bearerOf } from './http/bearer.ts';
export { idempotencyKeyOf } from './http/idempotency-key.ts';
export { refuseEncoding } from './http/refuse-encoding.ts';
export { notJson, sendError, toClientError } from './http/send-error.ts';
export { safePath } from './http/safe-path.ts';
export { bodyWithoutCode, toErrorBody, type ErrorBody } from './http/error-body.ts';
export { idempotencyScope, type GatewayPrincipal } from './gateway-principal.ts';
export { createDrain, type Drain } from './http/drain.ts';
export { closingOf, createGatewayApp } from './http/gateway-app.ts';
export { gatewaySettings, type GatewaySettings } from './http/gateway-settings.ts';
export {
  generationProperties,
  idempotencyKeySchema,
  maxContentBytes,
  type GenerationBody,
} from './generation-schema.ts';
export type { EngineState } from './engine-state.ts';
export { constraintProperties } from './constraint-schema.ts';
export { samplingProperties } from './sampling-schema.ts';
export { readGeneration } from './read-generation.ts';
export { readTask } from './read-task.ts';
export type { RelayChunk, RelayCompleted, RelayEvent, RelayFailed } from './relay-event.ts';
export { relaySettings, type RelaySettings } from './relay-settings.ts';
export { newGatewayName, startRelay, type Relay, type RelayDependencies } from './start-relay.ts';
export type { Snapshot } from './snapshot.ts';
export { maxTexts, requiredTaskProperties, taskProperties, type TaskBody } from './task-schema.ts';
export type { Accepted, Generation, NamedRequest, Submission } from './submission.ts';
