export {
  createAnswerCache,
  type AnswerCache,
  type AnswerCacheOptions,
  type EmbedText,
  type LookUp,
  type Miss,
} from './answer-cache.ts';
export { AnswerRecorder } from './answer-recorder.ts';
export type { CacheRequest } from './cache-request.ts';
export { answerCacheSettings } from './cache-settings.ts';
export type { CachedAnswer, CachedChunk, FoundAnswer } from './cached-answer.ts';
export { mayBeCached, type CacheWish } from './may-be-cached.ts';
export { publishFoundAnswer } from './publish-found-answer.ts';
