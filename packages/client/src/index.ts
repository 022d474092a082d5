export type {
  AcceptedEvent,
  AnswerEvent,
  Answers,
  ChunkEvent,
  CompletedEvent,
  FinishReason,
  GenerateAnswer,
  Model,
  TaskAnswer,
  Timings,
  TokenLogprobs,
  ToolCall,
  Cost,
  Receipt,
  Usage,
} from './answers.ts';
export { MillraceApiError, MillraceConnectionError, type ApiErrorFacts } from './errors.ts';
export {
  Millrace,
  type FollowOptions,
  type MillraceOptions,
  type RequestOptions,
  type StreamOptions,
  type Transport,
} from './millrace.ts';
export type {
  ChatMessage,
  ClassifyRequest,
  EmbedRequest,
  FunctionTool,
  GenerateRequest,
  ResponseFormat,
  StreamedOperation,
  SummarizeRequest,
  ToolChoice,
  TranslateRequest,
} from './requests.ts';
export type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';
