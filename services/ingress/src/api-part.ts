type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/**
 * What a plugin adds to the OpenAPI document. The answer to a wrong path or method is made of it as well, so that what is not
 * documented is not there.
 */
export interface ApiPart {
  /** Its operations belong to it. */
  readonly tag: { readonly name: string; readonly description: string };
  /** Operations by method, by path. An operation has an `operationId`, a `summary` and `responses`. */
  readonly paths: Readonly<Record<string, Partial<Readonly<Record<Method, object>>>>>;
  /** Those that its operations refer to. */
  readonly schemas: Readonly<Record<string, object>>;
}
