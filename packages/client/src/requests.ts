/** What every request may say. */
export interface RequestBase {
  /** Name of the model; without it the default one. */
  readonly model?: string;
  /** How urgent it is among the requests of the tenant. */
  readonly priority?: 'high' | 'normal' | 'low';
  /** After so many milliseconds it expires. */
  readonly timeout_ms?: number;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface FunctionTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
  };
}

export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { readonly type: 'function'; readonly function: { readonly name: string } };

export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly json_schema: {
        readonly name: string;
        readonly description?: string;
        readonly schema: Readonly<Record<string, unknown>>;
        readonly strict?: boolean;
      };
    };

/** The body of `POST /v1/generate`. Exactly one of `prompt` and `messages` is needed. */
export interface GenerateRequest extends RequestBase {
  readonly prompt?: string;
  readonly messages?: readonly ChatMessage[];
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly top_k?: number;
  readonly top_p?: number;
  readonly min_p?: number;
  readonly repetition_penalty?: number;
  readonly presence_penalty?: number;
  readonly frequency_penalty?: number;
  readonly logit_bias?: Readonly<Record<string, number>>;
  readonly seed?: number;
  readonly n?: number;
  readonly logprobs?: boolean;
  readonly top_logprobs?: number;
  readonly stop?: string | readonly string[];
  readonly response_format?: ResponseFormat;
  readonly tools?: readonly FunctionTool[];
  readonly tool_choice?: ToolChoice;
}

interface TextRequest extends RequestBase {
  /** A text, or a list that is answered in its order. */
  readonly text: string | readonly string[];
}

interface WrittenTaskRequest extends TextRequest {
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
}

export interface SummarizeRequest extends WrittenTaskRequest {
  readonly max_words?: number;
}

export interface TranslateRequest extends WrittenTaskRequest {
  /** In English, such as French. */
  readonly target_language: string;
  readonly source_language?: string;
}

export interface ClassifyRequest extends TextRequest {
  readonly labels: readonly string[];
  readonly top_k?: number;
}

export type EmbedRequest = TextRequest;

/** What can be asked, by the name of the operation: the last part of the path, and the type of the WebSocket message. */
export interface Requests {
  readonly generate: GenerateRequest;
  readonly summarize: SummarizeRequest;
  readonly translate: TranslateRequest;
  readonly classify: ClassifyRequest;
  readonly embed: EmbedRequest;
}

export type Operation = keyof Requests;

/** Operations whose answers can be streamed. */
export type StreamedOperation = 'generate' | 'summarize' | 'translate';
