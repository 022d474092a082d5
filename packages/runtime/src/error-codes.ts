/** What a code means to whoever receives it. The list is closed: `docs/reference/errors.md` is generated from it. */
export interface ErrorCodeFacts {
  /** Status of the HTTP answer that carries this code. */
  readonly httpStatus: number;
  /** The `type` of the error body, in the OpenAI API's terms. */
  readonly type:
    | 'invalid_request_error'
    | 'authentication_error'
    | 'permission_error'
    | 'not_found_error'
    | 'rate_limit_error'
    | 'server_error'
    | 'operator_error';
  /** Whether the same request can succeed later. The thrower may decide otherwise. */
  readonly retryable: boolean;
  /** One sentence for the reference. */
  readonly meaning: string;
}

const invalid = (meaning: string, httpStatus = 400): ErrorCodeFacts => ({
  httpStatus,
  type: 'invalid_request_error',
  retryable: false,
  meaning,
});
const server = (meaning: string, httpStatus: number, retryable: boolean): ErrorCodeFacts => ({
  httpStatus,
  type: 'server_error',
  retryable,
  meaning,
});
const operator = (meaning: string): ErrorCodeFacts => ({
  httpStatus: 500,
  type: 'operator_error',
  retryable: false,
  meaning,
});

export const errorCodes = {
  invalid_json: invalid('The message is not JSON.'),
  invalid_unicode: invalid('The text has a lone surrogate or invalid UTF-8.'),
  invalid_type: invalid('The message has a type that the protocol does not know.'),
  missing_value: invalid('A required field is missing or empty.'),
  invalid_value: invalid('A field has the wrong type or is out of range.'),
  conflicting_values: invalid('Two fields exclude each other.'),
  unsupported_value: invalid('A field asks for something that the model or the platform cannot do.'),
  binary_not_supported: invalid('Binary frames are not part of the protocol.'),
  payload_too_large: invalid('The content is larger than allowed.', 413),
  context_length_exceeded: invalid('Prompt and answer do not fit into the context of the model.'),
  duplicate_id: invalid('The id is in use by a request in flight on this connection.', 409),
  idempotency_key_reused: invalid('The idempotency key was used for a request with another body.', 422),
  idempotency_key_in_use: {
    httpStatus: 409,
    type: 'invalid_request_error',
    retryable: true,
    meaning: 'The request of this idempotency key is being worked on.',
  },
  content_blocked: invalid('The policy of the tenant does not let this content through.', 403),
  invalid_api_key: {
    httpStatus: 401,
    type: 'authentication_error',
    retryable: false,
    meaning: 'The credential is missing, unknown, expired or revoked.',
  },
  permission_denied: {
    httpStatus: 403,
    type: 'permission_error',
    retryable: false,
    meaning: 'The principal may not do this.',
  },
  model_not_found: {
    httpStatus: 404,
    type: 'not_found_error',
    retryable: false,
    meaning: 'There is no model of that name.',
  },
  resource_not_found: {
    httpStatus: 404,
    type: 'not_found_error',
    retryable: false,
    meaning: 'There is nothing of that id within the reach of the principal.',
  },
  already_exists: invalid('There is one of that id already.', 409),
  version_conflict: invalid('It was changed since it was read: If-Match names an older version.', 412),
  version_missing: invalid('A change needs If-Match with the version that it is based on.', 428),
  request_not_found: {
    httpStatus: 404,
    type: 'not_found_error',
    retryable: false,
    meaning: 'There is no such request, or its results are no longer kept.',
  },
  rate_limit_exceeded: {
    httpStatus: 429,
    type: 'rate_limit_error',
    retryable: true,
    meaning: 'More requests in a minute than the limit allows.',
  },
  insufficient_quota: {
    httpStatus: 429,
    type: 'rate_limit_error',
    retryable: false,
    meaning: 'A quota of tokens or a budget is used up, or too small for the request.',
  },
  too_many_in_flight: {
    httpStatus: 429,
    type: 'rate_limit_error',
    retryable: true,
    meaning: 'More requests in flight than allowed.',
  },
  cancelled: server('The request was cancelled.', 499, false),
  deadline_exceeded: server('The request was not finished before its deadline.', 504, true),
  overloaded: server('The platform takes no more requests right now.', 503, true),
  unavailable: server('A part that the request needs cannot be reached right now.', 503, true),
  pii_unavailable: server(
    'The content could not be checked for personal data, so it was not passed on.',
    503,
    true,
  ),
  engine_failed: server('The engine failed while it worked on the request.', 500, true),
  provider_failed: server('The provider of the model failed, or broke its answer off.', 502, true),
  poison_message: server('The request failed each time that it was tried.', 500, false),
  internal_error: server('An error of the platform itself.', 500, false),
  message_corrupt: operator('A stored message cannot be decoded.'),
  schema_unknown: operator('A message names a schema that this version does not know.'),
  fenced: operator('Another writer has taken over: the expected last sequence is not the last one.'),
  key_erased: operator('The key of this content was erased.'),
  decryption_failed: operator('Sealed content could not be opened: wrong key, or it was altered.'),
  config_invalid: operator('A setting is missing or has a value that is not allowed.'),
  port_in_use: operator('The port is taken.'),
  data_folder_unwritable: operator('The data folder cannot be written.'),
  nats_server_too_old: operator('The nats-server is older than the oldest version that works.'),
  stream_mismatch: operator('The server did not take over a setting of a stream or consumer.'),
  part_missing: operator('A part of the installation is missing.'),
  model_invalid: operator('The model file is corrupt or of a kind that is not supported.'),
  database_unavailable: operator('The database cannot be reached.'),
} as const satisfies Record<string, ErrorCodeFacts>;

export type ErrorCode = keyof typeof errorCodes;
