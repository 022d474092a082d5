import type { PiiPolicy } from '@millrace/pii-policy';
import type { SealingBox } from '@millrace/sealing';
import type { FunctionTool, ResponseFormat, ToolChoice } from './constraints.ts';

/** What a client wants answered. Sealed wherever it is stored. */
export interface RequestContent {
  readonly messages: readonly ChatMessage[];
  /** Strings at which the answer ends. */
  readonly stop: readonly string[];
  /** Token id to what is added to its logit, from -100 to 100. Ids of tokens are content. */
  readonly logit_bias?: Readonly<Record<string, number>>;
  readonly response_format?: ResponseFormat;
  readonly tools?: readonly FunctionTool[];
  readonly tool_choice?: ToolChoice;
  /** What any operation but generate works on; there are no messages then. */
  readonly task?: TaskContent;
}

/** Texts to work on: choice i of the answer is the one to text i. */
export interface TaskContent {
  readonly texts: readonly string[];
  /** classify: what a text can be. */
  readonly labels?: readonly string[];
  /** classify: how many of the labels are reported, likeliest first; all of them by default. */
  readonly top_k?: number;
  /** translate: named in English, as is the target. */
  readonly source_language?: string;
  readonly target_language?: string;
  /** summarize: what the model is asked to keep to. */
  readonly max_words?: number;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** assistant: the functions that it called. */
  readonly tool_calls?: readonly ToolCall[];
  /** tool: the call that it answers. */
  readonly tool_call_id?: string;
}

/** What a chunk carries: ids of tokens are content too. */
export interface ChunkContent {
  readonly text: string;
  readonly tokens: readonly number[];
  /** One for each of the tokens, where the request asks for them. */
  readonly logprobs?: readonly TokenLogprobs[];
  /** The functions that the choice calls: with the last chunk of it. */
  readonly tool_calls?: readonly ToolCall[];
  /** With the last chunk of a choice that has come to its end, where the answer has several. */
  readonly finish_reason?: string;
}

/** A call of a function that an answer asks the client for. */
export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  /** The arguments are the JSON text of an object. */
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A token and how probable it was. */
export interface LikelyToken {
  /** Its text, in which a character that is cut off is U+FFFD. */
  readonly token: string;
  readonly bytes: readonly number[];
  /** Natural logarithm; -9999 for a token that was all but impossible. */
  readonly logprob: number;
}

/** How probable a token of the answer was, and what else might have stood there, likeliest first. */
export interface TokenLogprobs extends LikelyToken {
  readonly top_logprobs: readonly LikelyToken[];
}

/** What the way out needs to know of what was done to personal data on the way in. */
export interface MaskedContent {
  /** Name of a placeholder to its original. */
  readonly mapping: Readonly<Record<string, string>>;
  /** What the tenant wanted when the request was looked through; absent: the default. */
  readonly policy?: PiiPolicy;
  /** In base64: the key of hashes, where the policy has them. */
  readonly hash_key?: string;
  /** Whether the answer is no text of a model but figures, and labels that the client has written: it is not looked through. */
  readonly is_figures?: true;
}

type Field = 'request' | 'chunk' | 'masked' | 'digest';

interface ContentOf {
  readonly request: RequestContent;
  readonly chunk: ChunkContent;
  readonly masked: MaskedContent;
  readonly digest: AnswerDigest;
}

/** SHA-256 of the answer in UTF-8, in hexadecimal; one for each choice where there are several. */
export type AnswerDigest = string | readonly string[];

/** Seals content to the request and the field that it belongs to, so that it opens nowhere else. */
export function sealContent<F extends Field>(
  box: SealingBox,
  requestId: string,
  field: F,
  content: ContentOf[F],
): Uint8Array {
  return box.seal(Buffer.from(JSON.stringify(content), 'utf8'), `${requestId}:${field}`);
}

/** @throws `decryption_failed`, `key_erased` */
export function openContent<F extends Field>(
  box: SealingBox,
  requestId: string,
  field: F,
  sealed: Uint8Array,
): ContentOf[F] {
  const content: unknown = JSON.parse(
    Buffer.from(box.open(sealed, `${requestId}:${field}`)).toString('utf8'),
  );
  return (field === 'masked' ? readMasked(content as MaskedContent) : content) as ContentOf[F];
}

/** Before there were policies it was a map alone, of placeholders in their brackets. */
function readMasked(content: MaskedContent | Readonly<Record<string, string>>): MaskedContent {
  if (typeof content['mapping'] === 'object') return content as MaskedContent;
  const entries = Object.entries(content as Readonly<Record<string, string>>);
  return { mapping: Object.fromEntries(entries.map(([written, value]) => [written.slice(1, -1), value])) };
}
