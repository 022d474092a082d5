export { attemptMarker } from './attempt-marker.ts';
export { createChunkWriter, type ChunkWriter } from './chunk-writer.ts';
export { watchInterruptions, type Interruption, type InterruptionReason } from './interruption.ts';
export { keepAlive } from './keep-alive.ts';
export type { Piece } from './pending-chunk.ts';
export { createBucketKeyStore } from './bucket-key-store.ts';
export { cancelRequest, watchCancellations, type Cancellations } from './cancellations.ts';
export {
  openContent,
  sealContent,
  type AnswerDigest,
  type ChatMessage,
  type ChunkContent,
  type LikelyToken,
  type MaskedContent,
  type RequestContent,
  type TaskContent,
  type TokenLogprobs,
  type ToolCall,
} from './content.ts';
export type { FunctionTool, JsonSchema, ResponseFormat, ToolChoice } from './constraints.ts';
export { connectPlatform, type Platform } from './connect-platform.ts';
export { consumeClosings, type ClosingWork } from './consume-closings.ts';
export { consumeReturned, type ReturnedHandlers } from './consume-returned.ts';
export { consumeEvents, type EventsOptions, type EventWork } from './consume-events.ts';
export { isPassedOn, passOn, servedBy, type ServedRequest } from './pass-on.ts';
export {
  announceDataPolicy,
  watchDataPolicies,
  type DataPolicies,
  type DataPolicy,
} from './data-policies.ts';
export { poisonError, publishDeadLetter, systemTenant, type DeadMessage } from './dead-letter.ts';
export { watchPiiPolicies, type PiiPolicies } from './pii-policies.ts';
export { decide } from './decide.ts';
export {
  closeAsFinished,
  endRequest,
  failureOf,
  finishAndClose,
  isClosed,
  noUsage,
  type Closed,
  type Ending,
} from './ending.ts';
export { logEndHeader, openedLogEnd } from './log-end.ts';
export { startLoop, type Loop, type LoopOptions } from './loop.ts';
export { announceModel, watchModels, type ModelTable } from './model-table.ts';
export { natsAccess } from './nats-access.ts';
export { operations, type Operation, type TaskOperation } from './operation.ts';
export { platformSettings, type PlatformSettings } from './platform-settings.ts';
export { readProgress, type Progress } from './read-progress.ts';
export { withDecision, type RequestEvent, type RequestEventName } from './request-event.ts';
export { resultRecord } from './result-record.ts';
export { openResultLog, readResults, type ResultLog, type StoredResult } from './result-log.ts';
export { giveUp, runStage, type StageOptions, type Work } from './run-stage.ts';
export { runStandalone, type Service } from './run-standalone.ts';
export type { StageDependencies } from './stage-dependencies.ts';
export { isDatabaseAway, whileDatabaseAway } from './while-database-away.ts';
export { workerSettings } from './worker-settings.ts';
