/** A JSON schema, as the client sent it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What form the answer has to have. */
export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly json_schema: {
        readonly name: string;
        readonly description?: string;
        readonly schema: JsonSchema;
        readonly strict?: boolean;
      };
    };

/** A function that the model may ask the client to call. */
export interface FunctionTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    /** Of its arguments, which are one object. */
    readonly parameters?: JsonSchema;
  };
}

/** Whether a tool is called: as the model likes, never, one of them, or this one. */
export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { readonly type: 'function'; readonly function: { readonly name: string } };
