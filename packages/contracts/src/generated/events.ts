// Generated from schemas/*.avsc by generate-types.ts. Do not edit.

/** All credentials of a user, a project, an organisation or an identity provider are refused until the key is gone. Value of barred.<kind>.<id> in CONTROL. */
export interface AccessBarred {
  /** What is barred. */
  readonly kind: BarredKind;
  /** Id of the user, project or organisation, or the URL of the issuer. */
  readonly id: string;
  /** When the gateways were told. */
  readonly at: number;
}

/** An administrative act. No secret, and no content. */
export interface ActPerformed {
  /** The act. UUIDv7. */
  readonly act_id: string;
  /** The tenant in whose chain it is recorded. */
  readonly tenant: string;
  /** When. */
  readonly at: number;
  /** Who. */
  readonly actor: Actor;
  /** What was done, as object.verb: key.create, price.add. */
  readonly action: string;
  /** What it was done to: key, user, quota, price. */
  readonly object_type: string;
  /** Which one. */
  readonly object_id: string;
  /** Fields as they were: plain values, or digests where a value is not to be read. */
  readonly before: Readonly<Record<string, string>>;
  /** Fields as they are now. */
  readonly after: Readonly<Record<string, string>>;
  /** The request of the admin API that did it. */
  readonly request_id: string | null;
}

/** Who acted. No credential. */
export interface Actor {
  /** Public part of the API key, or the id of the user. */
  readonly key_id: string | null;
  /** The user; null: a key of the tenant itself, or the operator. */
  readonly user_id: string | null;
  /** Roles that allowed it. */
  readonly roles: readonly string[];
}

/** What a row of the ledger does. */
export type AdjustmentKind = 'ADJUSTMENT' | 'CREDIT';

/** Requests of a tenant that were decided on in one transaction. With the closings, claims and the counters of the quotas can be made anew from these. */
export interface AdmissionDecided {
  /** The tenant that the requests belong to. */
  readonly tenant: string;
  /** The organisation that the tenant belongs to. */
  readonly organisation: string;
  /** When. */
  readonly decided_at: number;
  /** One for each request, in the order of the decisions. */
  readonly decisions: readonly AdmissionDecision[];
}

/** What was decided on one request. */
export interface AdmissionDecision {
  /** The request. UUIDv7. */
  readonly request_id: string;
  /** Public part of the API key, or the id of the user. */
  readonly key_id: string;
  /** The user who asked; null: a key of the tenant itself. */
  readonly user_id: string | null;
  /** Name of the model. */
  readonly model: string;
  /** Error code of a refusal; null: admitted. */
  readonly code: string | null;
  /** Tokens held in reserve until it is closed. */
  readonly reserved_tokens: number;
  /** Money held in reserve until it is closed. */
  readonly reserved_amount: string;
  /** The limit that refused it, such as limits.project.requests_per_minute. */
  readonly param: string | null;
  /** The request.received without its content, in single-object encoding. */
  readonly request: Uint8Array;
}

/** What an answer is charged. */
export interface AnswerCost {
  /** As it stands in the ledger. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
}

/** The answer to a request of a queue, a numbered piece of it, or why there is none. */
export interface AnswerGiven {
  /** The request: that of the ledger and the audit log. Made of the place that the request had in its queue or topic. */
  readonly request_id: string;
  /** What the sender calls the request; null where that is not known. */
  readonly correlation_id: string | null;
  /** The tenant that the request belongs to. */
  readonly tenant: string;
  /** The queue that it came by. */
  readonly queue: string;
  /** NATS: it came by the queue itself; KAFKA: by a topic. */
  readonly transport: Transport;
  /** CHUNK: a piece, of which more follow; ANSWER and ERROR: the end, of which there is one. */
  readonly kind: AnswerKind;
  /** CHUNK: counts from 1 without gaps; ANSWER and ERROR: that of the last chunk, 0 where there was none. */
  readonly number: number;
  /** When the queue had the request. */
  readonly requested_at: number;
  /** When it was answered. */
  readonly at: number;
  /** generate, summarize, classify, translate or embed; null where the request could not be read. */
  readonly operation: string | null;
  /** The model that answered. */
  readonly model: string | null;
  /** Version of that model. */
  readonly model_version: string | null;
  /** CHUNK: one, of one choice; ANSWER: one for each choice or text; ERROR: none. */
  readonly results: readonly AnswerResult[];
  /** ANSWER: why it ended, stop, length, tool_calls or cancelled. */
  readonly finish_reason: string | null;
  /** What was metered. */
  readonly usage: Usage | null;
  /** How long it took, from when it was taken out of the queue. */
  readonly timings: Timings | null;
  /** What is charged; null where the model has no price, or nothing was done. */
  readonly cost: AnswerCost | null;
  /** Where the answer came from the cache. */
  readonly cache: CacheHit | null;
  /** ERROR: why there is no answer, or no more of it. */
  readonly failure: Failure | null;
  /** The request of which this one is a replay. */
  readonly replay_of: string | null;
  /** That of the request. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the message is. */
export type AnswerKind = 'CHUNK' | 'ANSWER' | 'ERROR';

/** How probable a label is. */
export interface AnswerLabel {
  /** As it was sent. */
  readonly label: string;
  /** How probable it is among all labels, whose scores sum to 1. */
  readonly score: number;
}

/** One choice, or what there is to say of one text. */
export interface AnswerResult {
  /** Index of the choice or the text, from 0. */
  readonly index: number;
  /** generate, summarize, translate: the answer; in a CHUNK what is to be appended. null behind chunks, which had it. */
  readonly text: string | null;
  /** stop, length, tool_calls or cancelled. */
  readonly finish_reason: string | null;
  /** classify: likeliest first. */
  readonly labels: readonly AnswerLabel[] | null;
  /** embed: a vector of length 1. */
  readonly embedding: readonly number[] | null;
  /** embed: the text is longer than the model reads. */
  readonly truncated: boolean;
  /** generate: the functions that the choice calls. */
  readonly tool_calls: readonly AnswerToolCall[] | null;
  /** JSON text of the tokens and how probable they were, as POST /v1/generate reports them. */
  readonly logprobs: string | null;
}

/** A function that the answer calls. */
export interface AnswerToolCall {
  /** What the call is named. */
  readonly id: string;
  /** The function. */
  readonly name: string;
  /** JSON text of an object. */
  readonly arguments: string;
}

/** What a chain was at a moment, signed: the root of the Merkle tree (RFC 6962) over its first records. */
export interface AuditCheckpointed {
  /** The tenant whose chain it is. */
  readonly tenant: string;
  /** Number of records, from the first. */
  readonly size: number;
  /** Root of the tree, whose leaves are the records as they are stored. */
  readonly root: Uint8Array;
  /** Hash of the last of these records. */
  readonly last_hash: Uint8Array;
  /** Roots of the complete subtrees, largest first: what the next root is made of. */
  readonly peaks: readonly Uint8Array[];
  /** Sequence of the last record in the stream AUDIT. */
  readonly last_sequence: number;
  /** Sequence of the checkpoint before in the stream CHECKPOINTS; 0 for the first. */
  readonly previous_sequence: number;
  /** When it was signed. */
  readonly at: number;
  /** The key: the first 32 hexadecimal digits of the SHA-256 of the public key. */
  readonly key_id: string;
  /** Ed25519 over the encoding of this checkpoint without this field, which is the last. */
  readonly signature: Uint8Array;
}

/** A link of the hash chain of a tenant. */
export interface AuditRecorded {
  /** The tenant whose chain it is. */
  readonly tenant: string;
  /** Position in the chain, from 1. */
  readonly sequence: number;
  /** The record. */
  readonly record_id: string;
  /** request.closed or act.performed: the schema of the event. */
  readonly kind: string;
  /** What it is about: the id of the request, or of the act. */
  readonly subject_id: string;
  /** When it happened. */
  readonly occurred_at: number;
  /** When it was recorded. */
  readonly recorded_at: number;
  /** The stream that the event lies in. */
  readonly source_stream: string;
  /** Sequence of the event in that stream. */
  readonly source_sequence: number;
  /** The event itself, in single-object encoding. It has no content in the clear. */
  readonly event: Uint8Array;
  /** What the request costs; null where nothing was to be priced, or no price was known. */
  readonly charge: Charge | null;
  /** Hash of the record before; zeros for the first. */
  readonly previous_hash: Uint8Array;
  /** SHA-256 of the Avro encoding of this record with this field all zeros. */
  readonly hash: Uint8Array;
}

export type BarredKind = 'USER' | 'PROJECT' | 'ORGANISATION' | 'ISSUER';

/** A row of the ledger that is no charge: what corrects one, or a credit. */
export interface BillingAdjusted {
  /** The row. */
  readonly entry_id: string;
  /** Position in the ledger, among the charges. */
  readonly entry_number: number;
  /** ADJUSTMENT: corrects the charge of a request; CREDIT: belongs to no request. */
  readonly kind: AdjustmentKind;
  /** What made it: a request to adjust, a credit, or a re-rating, which has one row for each request. */
  readonly adjustment_id: string;
  /** The request whose charge is corrected; null for a credit. */
  readonly request_id: string | null;
  /** The organisation that the tenant belongs to. */
  readonly organisation: string;
  /** The tenant that it counts for. */
  readonly tenant: string;
  /** The key that was charged; null for a credit. */
  readonly key_id: string | null;
  /** The user who was charged, where there is one. */
  readonly user_id: string | null;
  /** The model that was charged; null for a credit. */
  readonly model: string | null;
  /** What is added to what was charged: negative where it is given back. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
  /** The price book that it is by. */
  readonly price_book: string;
  /** Of a re-rating: the version of the price that the request costs now. */
  readonly price_version: number | null;
  /** Why, as whoever made it says. */
  readonly reason: string;
  /** Who made it: the id of a key or a user. */
  readonly actor: string;
  /** The moment that it counts for: when the request ended, or the credit was given. */
  readonly counts_at: number;
  /** When the row was written. */
  readonly adjusted_at: number;
}

/** A row of the ledger. */
export interface BillingCharged {
  /** The row. */
  readonly entry_id: string;
  /** Position in the ledger. */
  readonly entry_number: number;
  /** The request. UUIDv7. */
  readonly request_id: string;
  /** The tenant that the request belongs to. */
  readonly tenant: string;
  /** Name of the model. */
  readonly model: string;
  /** How the request ended, in lower case. */
  readonly outcome: string;
  /** What was metered. */
  readonly usage: Usage;
  /** Version of the price; null where nothing was to be priced. */
  readonly price_version: number | null;
  /** What it cost. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
  /** When the request ended. */
  readonly closed_at: number;
  /** When the row was written. */
  readonly charged_at: number;
  /** Where the answer came from the cache. */
  readonly cache: CacheHit | null;
  /** The organisation that the tenant belongs to. */
  readonly organisation: string;
  /** Public part of the API key, or the id of the user. */
  readonly key_id: string | null;
  /** The user who asked; null: a key of the tenant itself. */
  readonly user_id: string | null;
  /** generate, summarize, classify, translate or embed. */
  readonly operation: string | null;
  /** Version of the model that answered. */
  readonly model_version: string | null;
  /** The price book that it was charged by. */
  readonly price_book: string;
  /** From the first work on it to its end. */
  readonly worked_ms: number;
}

/** So much of a monthly budget is spent. Once for each budget, month and share. */
export interface BudgetReached {
  /** This event. */
  readonly alert_id: string;
  /** Whose budget it is: organisation, project, user, key or model. */
  readonly scope: string;
  /** The id of whose it is. */
  readonly subject: string;
  /** When the month began, in UTC. */
  readonly month: number;
  /** How much of it is reached: 50, 80 or 100. */
  readonly share: number;
  /** The budget as it was then. */
  readonly budget: string;
  /** What was spent in the month until then, without what is held in reserve. */
  readonly spent: string;
  /** When it was noticed. */
  readonly reached_at: number;
}

/** An answer that came from the cache. */
export interface CacheHit {
  /** EXACT: the same request; SEMANTIC: one that means about the same. */
  readonly kind: CacheKind;
  /** Cosine of the two requests; 1 where it is the same. */
  readonly similarity: number;
  /** The request whose answer it is. */
  readonly request_id: string;
}

/** How the earlier request was found. */
export type CacheKind = 'EXACT' | 'SEMANTIC';

/** Whether an answer may come from the cache, and be kept in it. */
export type CacheUse = 'AUTO' | 'WANTED' | 'NONE';

/** What a request costs by the price book. */
export interface Charge {
  /** Version of the price. */
  readonly price_version: number;
  /** What it costs. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
}

/** A gateway asks who a credential belongs to. Request and reply only, never stored. */
export interface CredentialPresented {
  /** The credential as the client sent it. */
  readonly credential: string;
}

/** The answer to it. */
export interface CredentialVerified {
  /** Null when the credential is not valid. */
  readonly principal: VerifiedPrincipal | null;
  /** Error code when it is not valid. */
  readonly code: string | null;
  /** One sentence for the client. */
  readonly message: string | null;
}

/** A pattern of the tenant's own. */
export interface CustomPattern {
  /** The type of what it finds. */
  readonly type: string;
  /** In the syntax of RE2. */
  readonly pattern: string;
}

/** A message that could not be processed, with why. */
export interface DeadLetter {
  /** The service that gave up. */
  readonly stage: string;
  /** The tenant, where it is known. */
  readonly tenant: string | null;
  /** The request, where it is known. */
  readonly request_id: string | null;
  /** The stream that it was in. */
  readonly stream: string;
  /** Its subject. */
  readonly subject: string;
  /** Its sequence in the stream. */
  readonly sequence: number;
  /** How often it was delivered. */
  readonly delivery_count: number;
  /** Error code. */
  readonly code: string;
  /** One sentence without content. */
  readonly reason: string;
  /** When the stage gave up. */
  readonly at: number;
  /** Sealed under the key of the tenant, or of the system where the tenant is not known: the message as it was. */
  readonly payload: Uint8Array;
  /** The headers that it came with, but for those of the broker. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sealed under the key of the user or tenant: what the placeholders in its content stand for, as the results of the request had it. null: there are none, or they were gone. */
  readonly masked: Uint8Array | null;
}

/** What one stage decided. */
export interface Decision {
  /** Name of the service. */
  readonly stage: string;
  /** When. */
  readonly at: number;
  /** admitted, rejected, masked, clean, completed, cancelled, … */
  readonly outcome: string;
  /** Error code, where the outcome is one. */
  readonly code: string | null;
  /** Figures and names without personal data. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Which way content goes. */
export type Direction = 'INPUT' | 'OUTPUT';

/** Why the request did not complete, as the client is told. */
export interface Failure {
  /** Error code, see docs/reference/errors.md. */
  readonly code: string;
  /** One sentence without content. */
  readonly message: string;
  /** Field at fault. */
  readonly param: string | null;
  /** Whether the same request can succeed later. */
  readonly retryable: boolean;
  /** When a retry makes sense, in milliseconds from then. */
  readonly retry_after_ms: number | null;
}

/** How the request ended. */
export interface Finished {
  /** How it ended. */
  readonly outcome: Outcome;
  /** stop, length or cancelled. */
  readonly finish_reason: string | null;
  /** The same of each choice, by its index; empty where the answer has only one. */
  readonly finish_reasons: readonly string[];
  /** Why it did not complete. */
  readonly failure: Failure | null;
  /** What is metered. */
  readonly usage: Usage;
  /** How long it took. */
  readonly timings: Timings;
  /** Version that answered. */
  readonly model_version: string | null;
  /** As in request.closed. */
  readonly text_digest: Uint8Array | null;
  /** The last decision of the trail. */
  readonly decision: Decision;
  /** Where the answer came from the cache. */
  readonly cache: CacheHit | null;
  /** The model that answers, where it is another than the request names. */
  readonly served_by: string | null;
}

/** What was found of one type. */
export interface Found {
  /** Type of personal data, such as EMAIL_ADDRESS. */
  readonly type: string;
  /** What was done: report, mask, replace, hash or block. */
  readonly action: string;
  /** How many different values. */
  readonly count: number;
}

/** An idempotency key stands for a request. Value of <hash of tenant and key> in IDEMPOTENCY. */
export interface IdempotencyClaimed {
  /** The request. UUIDv7. */
  readonly request_id: string;
  /** The gateway process that relays the answer. */
  readonly gateway: string;
  /** SHA-256 of the body that the key was used with, sealed. */
  readonly payload_digest: Uint8Array;
}

/** One turn of a conversation. */
export interface IntakeMessage {
  /** system, user or assistant. */
  readonly role: string;
  /** What is said. */
  readonly content: string;
}

/** What POST /v1/predict takes as parameters of the operation; null: its default. */
export interface IntakeParameters {
  /** Most tokens to generate for each choice. */
  readonly max_tokens: number | null;
  /** 0 always takes the likeliest token; at most 2. */
  readonly temperature: number | null;
  /** generate: most candidates to sample from; classify: how many labels are reported. */
  readonly top_k: number | null;
  /** Probability mass to sample from, in (0, 1]. */
  readonly top_p: number | null;
  /** How probable a token has to be, relative to the likeliest one. */
  readonly min_p: number | null;
  /** Divides the logits of tokens of prompt and answer. */
  readonly repetition_penalty: number | null;
  /** Taken from the logit of each token of the answer, -2 to 2. */
  readonly presence_penalty: number | null;
  /** Taken from the logit of a token for each time that it stands in the answer, -2 to 2. */
  readonly frequency_penalty: number | null;
  /** Ids of tokens and what is added to their logits, -100 to 100. */
  readonly logit_bias: Readonly<Record<string, number>> | null;
  /** The same seed and prompt give the same answer. */
  readonly seed: number | null;
  /** How many choices to generate, 1 to 16. */
  readonly n: number | null;
  /** Whether the log-probability of each token is reported. */
  readonly logprobs: boolean | null;
  /** How many of the likeliest tokens are reported with each token, 0 to 20. */
  readonly top_logprobs: number | null;
  /** The answer ends before any of these texts, at most 4. */
  readonly stop: readonly string[] | null;
  /** JSON text of the form that the answer has to have; in JSON also the object itself. */
  readonly response_format: string | null;
  /** JSON text of the list of functions that the model may ask to call; in JSON also the list itself. */
  readonly tools: string | null;
  /** auto, none, required, or the JSON text of the function that is named; in JSON also the object itself. */
  readonly tool_choice: string | null;
  /** classify: what a text can be, 2 to 100. */
  readonly labels: readonly string[] | null;
  /** translate: the language of the texts, in English. */
  readonly source_language: string | null;
  /** translate: the language to translate to, in English. */
  readonly target_language: string | null;
  /** summarize: how many words the model is asked to keep to. */
  readonly max_words: number | null;
}

/** What an upstream system asks, as it writes it to a queue: one of messages and input. The words and limits of each field are those of POST /v1/predict. */
export interface IntakeRequested {
  /** What the sender calls the request: repeated in each answer. 1 to 255 characters. The header Millrace-Correlation-Id says the same. */
  readonly correlation_id: string | null;
  /** generate, summarize, classify, translate or embed. */
  readonly operation: string;
  /** Name of the model, or of a route; null: the default one. */
  readonly model: string | null;
  /** generate: the conversation so far, oldest first. Either this or input. */
  readonly messages: readonly IntakeMessage[] | null;
  /** What to work on: a text, or for any operation but generate a list of up to 64. */
  readonly input: readonly string[] | string | null;
  /** How to do it; null: by the defaults. */
  readonly parameters: IntakeParameters | null;
  /** whole: one answer; chunks: numbered pieces as they are generated, then the end. */
  readonly answer: string;
  /** high, normal or low; null: normal. The header Millrace-Priority comes first. */
  readonly priority: string | null;
  /** When it expires, wherever it is by then; in JSON also as RFC 3339. The header Millrace-Deadline comes first. */
  readonly deadline_at: number | null;
  /** After so many milliseconds, counted from when the queue had it, it expires. */
  readonly timeout_ms: number | null;
  /** The same key and request within 24 hours is the same request, which is done and charged once. The header Idempotency-Key comes first. */
  readonly idempotency_key: string | null;
  /** auto, always or never: whether the answer may come from the cache; null: auto. */
  readonly cache: string | null;
  /** Repeated in each answer: at most 16 entries, names of 1 to 64 and values of up to 512 characters. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** An API key may do more, or less, than before: it is to be looked up again. Value of changed.<key> in CONTROL. */
export interface KeyChanged {
  /** Public part of the API key. */
  readonly key_id: string;
  /** When. */
  readonly at: number;
}

/** An API key is no longer valid. Value of revoked.<key> in CONTROL. */
export interface KeyRevoked {
  /** Public part of the API key. */
  readonly key_id: string;
  /** When. */
  readonly at: number;
}

/** Memory for keys and values. */
export interface KeyValues {
  /** Blocks of positions of all slots. */
  readonly blocks_total: number;
  /** Blocks that hold positions of running sequences. */
  readonly blocks_used: number;
  /** Memory of all slots when each is full. */
  readonly bytes_total: number;
  /** Memory of the blocks in use. */
  readonly bytes_used: number;
}

/** Data key of a tenant or of one of its users, wrapped by the master key, and those that open what is older. Value of <tenant> or <tenant>.<user> in KEYS. */
export interface KeyWrapped {
  /** Whose key it is. */
  readonly tenant: string;
  /** Which of the keys it is that seals. */
  readonly key_id: string;
  /** The wrapped key. */
  readonly wrapped: Uint8Array;
  /** When it was made. */
  readonly at: number;
  /** The user of the tenant whose key it is; null: the key of the tenant itself. */
  readonly user_id: string | null;
  /** Keys that sealed before this one, and one that is about to. */
  readonly others: readonly OtherKey[];
}

/** A dead letter of a stage that works on what has ended is handed to the stage once more. */
export interface LetterReturned {
  /** The dead letter: its sequence in DEADLETTER. */
  readonly letter_id: string;
  /** The service that gave up, and is to try again. */
  readonly stage: string;
  /** The stream that the message was in: CLOSED or ACTS. */
  readonly stream: string;
  /** Its subject there. */
  readonly subject: string;
  /** Its sequence there. */
  readonly sequence: number;
  /** When the stage gave up: it was stored before that. */
  readonly stored_at: number;
  /** When it was handed back. */
  readonly returned_at: number;
  /** The message as it was: it has no content but a sealed digest. */
  readonly payload: Uint8Array;
}

/** How far a mirror is. Written to the state topic in the transaction of what it tells of; the last one is where the next owner goes on. */
export interface MirrorProgressed {
  /** The mirror: requests, billing, audit or answers. */
  readonly mirror: string;
  /** The stream that it mirrors. */
  readonly stream: string;
  /** When that stream was made: sequences of another one of this name mean nothing. */
  readonly stream_created_at: number;
  /** Every message of the stream up to this sequence is mirrored, or is not for this mirror. */
  readonly sequence: number;
  /** Records that the mirror has written since its beginning. */
  readonly mirrored: number;
  /** Messages that were no longer in the stream when the mirror came to them, since its beginning. */
  readonly missed: number;
  /** When it was written. */
  readonly at: number;
}

/** A model can be asked for. Value of model.<name> in CONTROL. */
export interface ModelReady {
  /** Name. */
  readonly name: string;
  /** Version. */
  readonly version: string;
  /** Most tokens of prompt and answer together. */
  readonly context_length: number;
  /** Whether it answers requests that name no model. */
  readonly is_default: boolean;
  /** When it became ready. */
  readonly at: number;
  /** What it can be asked for: generate, summarize, classify, translate, embed. */
  readonly operations: readonly string[];
  /** Other names that it goes by in requests. */
  readonly aliases: readonly string[];
  /** Name of the upstream that runs it; null: one of our own workers does. */
  readonly provider: string | null;
}

/** What another gateway needs to serve the request. */
export interface Opened {
  /** Who asked. */
  readonly principal: Principal;
  /** How the request came in. */
  readonly transport: Transport;
  /** Name of the model. */
  readonly model: string;
  /** When the gateway accepted it. */
  readonly received_at: number;
  /** When it expires. */
  readonly deadline_at: number;
  /** How many choices the answer has. */
  readonly choices: number;
}

/** A data key that opens and does not seal. */
export interface OtherKey {
  /** Which of the keys. */
  readonly key_id: string;
  /** The wrapped key. */
  readonly wrapped: Uint8Array;
  /** When it was made. */
  readonly at: number;
}

/** How the request ended. */
export type Outcome = 'REJECTED' | 'BLOCKED' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'EXPIRED';

/** How to generate. */
export interface Parameters {
  /** Most tokens to generate. */
  readonly max_tokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Most candidates to sample from; 0 is no limit. */
  readonly top_k: number;
  /** Probability mass to sample from, in (0, 1]. */
  readonly top_p: number;
  /** Seed of the sampler; the random number at a position is a function of both. */
  readonly seed: number;
  /** How probable a token has to be, relative to the likeliest one; 0 is no limit. */
  readonly min_p: number;
  /** Divides the logits of tokens of prompt and answer; 1 is none. */
  readonly repetition_penalty: number;
  /** Taken from the logit of each token of the answer; 0 is none. */
  readonly presence_penalty: number;
  /** Taken from the logit of a token for each time that it stands in the answer; 0 is none. */
  readonly frequency_penalty: number;
  /** How many choices to generate; choice i has the seed plus i. */
  readonly n: number;
  /** How many of the likeliest tokens are reported with each token, 0 to 20; null: no log-probabilities. */
  readonly logprobs: number | null;
}

/** Personal data was found in a request or in its answer. It says how much and what was done with it, and has no values. */
export interface PiiFound {
  /** The request. UUIDv7. */
  readonly request_id: string;
  /** The tenant that the request belongs to. */
  readonly tenant: string;
  /** INPUT: to a model; OUTPUT: from it. */
  readonly direction: Direction;
  /** By type. */
  readonly findings: readonly Found[];
  /** When. */
  readonly at: number;
}

/** What may be done with the content of a tenant. Value of policy.<tenant> in CONTROL; a tenant without one has the defaults. */
export interface PolicyPublished {
  /** The tenant that the policy is of. */
  readonly tenant: string;
  /** Nothing is kept once its client has it. */
  readonly zero_retention: boolean;
  /** Whether requests may consent that they are kept as training examples. */
  readonly training_allowed: boolean;
  /** When it was published. */
  readonly at: number;
}

/** The prefix cache. */
export interface PrefixCache {
  /** Blocks that are kept. */
  readonly blocks: number;
  /** Their memory. */
  readonly bytes: number;
  /** Most memory that they may take. */
  readonly budget_bytes: number;
  /** Tokens of prompts that were looked for since the start. */
  readonly queried_tokens: number;
  /** Those of them that were found. */
  readonly hit_tokens: number;
  /** Blocks that gave way to others since the start. */
  readonly evicted_blocks: number;
}

/** The prices of a model that are charged: all there are, also those that are over or still to come. */
export interface PricePublished {
  /** Name of the model. */
  readonly model: string;
  /** By version. */
  readonly prices: readonly PublishedPrice[];
  /** When they were published. */
  readonly at: number;
}

/** Who asked, as verified at the front door. No credential. */
export interface Principal {
  /** Public part of the API key, or the id of the service account. */
  readonly key_id: string;
  /** Roles within the tenant. */
  readonly roles: readonly string[];
  /** The organisation that the tenant belongs to. */
  readonly organisation: string;
  /** The user who asked; null: a key of the tenant itself. */
  readonly user_id: string | null;
}

/** How urgent the request is among those of its tenant. */
export type Priority = 'HIGH' | 'NORMAL' | 'LOW';

/** What a tenant wants done with personal data in its requests and answers. Value of protection.<tenant> in CONTROL; a tenant without one has the defaults. */
export interface ProtectionPublished {
  /** The tenant that the policy is of. */
  readonly tenant: string;
  /** Counts changes. */
  readonly version: number;
  /** By type of personal data: off, report, mask, replace, hash or block. What is not there has the default. */
  readonly actions: Readonly<Record<string, string>>;
  /** The same for what a model generates. What is not there is as in actions. */
  readonly output_actions: Readonly<Record<string, string>>;
  /** Patterns of the tenant's own. */
  readonly patterns: readonly CustomPattern[];
  /** Values that are no personal data. */
  readonly allow: readonly string[];
  /** Whether answers get the originals back. */
  readonly restore: boolean;
  /** When it was published. */
  readonly at: number;
}

/** What a model costs from a moment on. */
export interface PublishedPrice {
  /** Counts the prices of the model. */
  readonly version: number;
  /** Version of the model; null: all that have no price of their own. */
  readonly model_version: string | null;
  /** ISO 4217. */
  readonly currency: string;
  /** For a million tokens of the prompt. */
  readonly input_per_million: string;
  /** Of those that came from the prefix cache; null: as other input. */
  readonly cached_input_per_million: string | null;
  /** For a million tokens that were generated. */
  readonly output_per_million: string;
  /** For a million characters of the content. */
  readonly characters_in_per_million: string;
  /** For a million characters of the answer. */
  readonly characters_out_per_million: string;
  /** For the request itself. */
  readonly per_request: string;
  /** For a second from the first work on it to its end. */
  readonly per_second: string;
  /** Share of the price that an answer from the cache costs. */
  readonly cached_answer: string;
  /** From when on. */
  readonly valid_from: number;
  /** Until when; null: until the next one. */
  readonly valid_until: number | null;
}

/** The answer to ReceiptRequested. Request and reply only, never stored. */
export interface ReceiptGiven {
  /** The receipt as JSON (millrace-receipt/1); null where the request was not on record, and signed, in time. */
  readonly receipt: string | null;
}

/** A gateway asks for the signed receipt of a request that has ended, for its client. Request and reply only, never stored. */
export interface ReceiptRequested {
  /** The tenant that the request belongs to. */
  readonly tenant: string;
  /** The request, a UUID. */
  readonly request_id: string;
  /** How long the record and its signature may be waited for, in milliseconds. */
  readonly wait_ms: number;
}

/** The request is within the limits of its tenant and was claimed. */
export interface RequestAdmitted {
  /** The request. UUIDv7. */
  readonly request_id: string;
  /** The tenant that the request belongs to. */
  readonly tenant: string;
  /** Who asked. */
  readonly principal: Principal;
  /** The gateway process that relays the answer. */
  readonly gateway: string;
  /** How the request came in. */
  readonly transport: Transport;
  /** When the gateway accepted it. */
  readonly received_at: number;
  /** When it expires. */
  readonly deadline_at: number;
  /** generate, summarize, classify, translate or embed. */
  readonly operation: string;
  /** Name of the model. */
  readonly model: string;
  /** How urgent it is. */
  readonly priority: Priority;
  /** How to generate. */
  readonly parameters: Parameters;
  /** Sealed under the key of the tenant: JSON of the messages and all that goes with them, as received. */
  readonly content: Uint8Array;
  /** Characters of the content as received, in UTF-16 code units. */
  readonly characters_in: number;
  /** The request of which this one is a replay. */
  readonly replay_of: string | null;
  /** The decisions so far, oldest first. */
  readonly trail: readonly Decision[];
  /** AUTO: where the answer is deterministic; WANTED: also where it is not; NONE: neither looked up nor kept. */
  readonly cache: CacheUse;
  /** Models that take the request over, in this order, where the one before them cannot answer and no token is out yet. */
  readonly fallbacks: readonly string[];
  /** Tokens that the input has at most, by its bytes: what is held in reserve for it. */
  readonly input_tokens_most: number;
}

/** A request is to be stopped. Value of cancel.<request> in CONTROL. */
export interface RequestCancelled {
  /** The request. UUIDv7. */
  readonly request_id: string;
  /** The tenant that the request belongs to. */
  readonly tenant: string;
  /** client, disconnected. */
  readonly reason: string;
  /** When. */
  readonly at: number;
}

/** How a request ended. Exactly one for each request; the source of billing, audit and quota. */
export interface RequestClosed {
  /** The request. UUIDv7. */
  readonly request_id: string;
  /** The tenant that the request belongs to. */
  readonly tenant: string;
  /** Who asked. */
  readonly principal: Principal;
  /** The gateway process that relayed the answer. */
  readonly gateway: string;
  /** How the request came in. */
  readonly transport: Transport;
  /** What was asked for. */
  readonly operation: string;
  /** Name of the model that was asked for. */
  readonly model: string;
  /** Version that answered. */
  readonly model_version: string | null;
  /** How it ended. */
  readonly outcome: Outcome;
  /** stop, length or cancelled, where tokens were generated. */
  readonly finish_reason: string | null;
  /** The same of each choice, by its index; empty where the answer has only one. */
  readonly finish_reasons: readonly string[];
  /** Why it did not complete. */
  readonly failure: Failure | null;
  /** What is metered. */
  readonly usage: Usage;
  /** How long it took. */
  readonly timings: Timings;
  /** The attempt that ended it; 0 when no engine worked on it. */
  readonly attempt: number;
  /** Sealed under the key of the tenant: SHA-256 of the UTF-8 of the answer; a list of them where it has several choices. */
  readonly text_digest: Uint8Array | null;
  /** When the gateway accepted it. */
  readonly received_at: number;
  /** When it ended. */
  readonly closed_at: number;
  /** The request of which this one was a replay. */
  readonly replay_of: string | null;
  /** The decisions so far, oldest first. */
  readonly trail: readonly Decision[];
  /** Where the answer came from the cache. */
  readonly cache: CacheHit | null;
  /** The model that answers, where it is another than the request names. */
  readonly served_by: string | null;
}

/** A gateway accepted a request. */
export interface RequestReceived {
  /** The request. UUIDv7. */
  readonly request_id: string;
  /** The tenant that the request belongs to. */
  readonly tenant: string;
  /** Who asked. */
  readonly principal: Principal;
  /** The gateway process that relays the answer. */
  readonly gateway: string;
  /** How the request came in. */
  readonly transport: Transport;
  /** When the gateway accepted it. */
  readonly received_at: number;
  /** When it expires. */
  readonly deadline_at: number;
  /** generate, summarize, classify, translate or embed. */
  readonly operation: string;
  /** Name of the model. */
  readonly model: string;
  /** How urgent it is. */
  readonly priority: Priority;
  /** How to generate. */
  readonly parameters: Parameters;
  /** Sealed under the key of the tenant: JSON of the messages and all that goes with them, as received. */
  readonly content: Uint8Array;
  /** Characters of the content as received, in UTF-16 code units. */
  readonly characters_in: number;
  /** The request of which this one is a replay. */
  readonly replay_of: string | null;
  /** The decisions so far, oldest first. */
  readonly trail: readonly Decision[];
  /** AUTO: where the answer is deterministic; WANTED: also where it is not; NONE: neither looked up nor kept. */
  readonly cache: CacheUse;
  /** Models that take the request over, in this order, where the one before them cannot answer and no token is out yet. */
  readonly fallbacks: readonly string[];
  /** Tokens that the input has at most, by its bytes: what is held in reserve for it. */
  readonly input_tokens_most: number;
}

/** A client has resumed a request on another gateway, which looks after it from now on. Not stored. */
export interface RequestResumed {
  /** The request. UUIDv7. */
  readonly request_id: string;
  /** The gateway that looks after it. */
  readonly gateway: string;
}

/** The content was checked for personal data and may go to a model. */
export interface RequestScrubbed {
  /** The request. UUIDv7. */
  readonly request_id: string;
  /** The tenant that the request belongs to. */
  readonly tenant: string;
  /** Who asked. */
  readonly principal: Principal;
  /** The gateway process that relays the answer. */
  readonly gateway: string;
  /** How the request came in. */
  readonly transport: Transport;
  /** When the gateway accepted it. */
  readonly received_at: number;
  /** When it expires. */
  readonly deadline_at: number;
  /** generate, summarize, classify, translate or embed. */
  readonly operation: string;
  /** Name of the model. */
  readonly model: string;
  /** How urgent it is. */
  readonly priority: Priority;
  /** How to generate. */
  readonly parameters: Parameters;
  /** Sealed under the key of the tenant: JSON of the messages and all that goes with them, personal data replaced. */
  readonly content: Uint8Array;
  /** Characters of the content as received, in UTF-16 code units. */
  readonly characters_in: number;
  /** The request of which this one is a replay. */
  readonly replay_of: string | null;
  /** The decisions so far, oldest first. */
  readonly trail: readonly Decision[];
  /** AUTO: where the answer is deterministic; WANTED: also where it is not; NONE: neither looked up nor kept. */
  readonly cache: CacheUse;
  /** Models that take the request over, in this order, where the one before them cannot answer and no token is out yet. */
  readonly fallbacks: readonly string[];
  /** Types of personal data that were found, sorted. */
  readonly personal_data: readonly string[];
  /** Tokens that the input has at most, by its bytes: what is held in reserve for it. */
  readonly input_tokens_most: number;
}

/** A record of the results of one request, in the order of its stream. */
export interface ResultChunk {
  /** The request. UUIDv7. */
  readonly request_id: string;
  /** The tenant that the request belongs to. */
  readonly tenant: string;
  /** OPENED by the gateway, MASKED by pii, ATTEMPT and CHUNK by the worker of the model, REROUTED by one that passes the request on to another model (served_by), FINISHED by the stage that ends the request. */
  readonly kind: ResultKind;
  /** When it was written. */
  readonly at: number;
  /** The attempt that wrote it; 0 outside inference. */
  readonly attempt: number;
  /** CHUNK and ATTEMPT: position of its first token among the generated ones of its choice, from 0. */
  readonly first_position: number;
  /** CHUNK: number of tokens in it. */
  readonly token_count: number;
  /** Sealed under the key of the tenant. CHUNK: JSON {"text","tokens"} and, where there is something to say, "logprobs" and "finish_reason"; MASKED: JSON of placeholder to original. */
  readonly content: Uint8Array | null;
  /** OPENED only. */
  readonly opened: Opened | null;
  /** FINISHED only. */
  readonly finished: Finished | null;
  /** CHUNK and ATTEMPT: index of the choice, from 0. An attempt has one ATTEMPT for each choice. */
  readonly choice: number;
  /** ATTEMPT: where the answer comes from the cache. */
  readonly cache: CacheHit | null;
  /** ATTEMPT: the model that answers, where it is another than the request names. */
  readonly served_by: string | null;
}

/** What the record is. */
export type ResultKind = 'OPENED' | 'MASKED' | 'REROUTED' | 'ATTEMPT' | 'CHUNK' | 'FINISHED';

/** A model that is served. */
export interface ServedModel {
  /** Name. */
  readonly name: string;
  /** Version. */
  readonly version: string;
  /** Most tokens of prompt and answer together. */
  readonly context_length: number;
  /** What it can be asked for: generate, summarize, classify, translate, embed. */
  readonly operations: readonly string[];
  /** Whether it answers requests that name no model. */
  readonly is_default: boolean;
}

/** A public key that checkpoints are signed with. */
export interface SignerPublished {
  /** The first 32 hexadecimal digits of the SHA-256 of the public key. */
  readonly key_id: string;
  /** Ed25519, 32 bytes. */
  readonly public_key: Uint8Array;
  /** When it was published. */
  readonly at: number;
}

/** Sequences that run at once. */
export interface Slots {
  /** Sequences that can be generated at once. */
  readonly total: number;
  /** Those of them that are taken. */
  readonly used: number;
  /** Those that would start at once. */
  readonly free: number;
  /** Sequences that wait in the engine for a slot. */
  readonly waiting: number;
}

/** A tenant, without names and people. Value of its id in the compacted topic millrace.tenants.v1. */
export interface TenantDescribed {
  /** The tenant: what charges and audit records name. */
  readonly tenant: string;
  /** The organisation that pays for it. */
  readonly organisation: string;
  /** When it was made. */
  readonly created_at: number;
  /** Since when none of its requests is admitted; null: they are. */
  readonly suspended_at: number | null;
  /** Since when no request of its organisation is admitted; null: they are. */
  readonly organisation_suspended_at: number | null;
}

/** Durations in milliseconds. */
export interface Timings {
  /** From acceptance to the first work of the engine. */
  readonly queue_ms: number;
  /** Time in prefill. */
  readonly prefill_ms: number;
  /** From acceptance to the first token; null when there was none. */
  readonly time_to_first_token_ms: number | null;
  /** From acceptance to the end. */
  readonly total_ms: number;
}

/** How the request came in. */
export type Transport = 'WEBSOCKET' | 'HTTP' | 'NATS' | 'KAFKA';

/** What is metered. */
export interface Usage {
  /** Tokens of the prompt. */
  readonly input_tokens: number;
  /** Those of them that came from the prefix cache. */
  readonly cached_input_tokens: number;
  /** Tokens generated and published. */
  readonly output_tokens: number;
  /** Characters of the content, in UTF-16 code units. */
  readonly characters_in: number;
  /** Characters of the answer, in UTF-16 code units. */
  readonly characters_out: number;
  /** Who counted. */
  readonly source: UsageSource;
}

/** Who counted. */
export type UsageSource = 'NONE' | 'ENGINE' | 'PROVIDER' | 'ESTIMATE';

/** Who it is. */
export interface VerifiedPrincipal {
  /** The tenant that the request belongs to. */
  readonly tenant: string;
  /** Public part of the API key. */
  readonly key_id: string;
  /** Roles within the tenant. */
  readonly roles: readonly string[];
  /** Most requests at once. */
  readonly max_in_flight: number;
  /** The organisation that the tenant belongs to. */
  readonly organisation: string;
  /** The user who asked; null: a key of the tenant itself. */
  readonly user_id: string | null;
  /** How far the roles reach: project, organisation or platform. */
  readonly reach: string;
  /** What of its roles it may use; null: all. */
  readonly scopes: readonly string[] | null;
  /** Models that it may ask for; null: all. */
  readonly allowed_models: readonly string[] | null;
  /** Addresses that it may come from, in CIDR notation; null: all. */
  readonly allowed_addresses: readonly string[] | null;
  /** When the credential expires; null: never. */
  readonly expires_at: number | null;
  /** The identity provider that vouches for it; null: an API key. */
  readonly issuer: string | null;
}

/** A gateway asks all workers what they are doing. Not stored. */
export interface WorkerAsked {
  /** The question: the last token of the subject that the answers go to. UUIDv7. */
  readonly question: string;
  /** When it was asked. */
  readonly at: number;
}

/** What an inference worker is doing. Not stored. */
export interface WorkerDescribed {
  /** Name of the worker process, new with each start. */
  readonly worker: string;
  /** When it was so. */
  readonly at: number;
  /** When the worker was ready for the first time. */
  readonly started_at: number;
  /** Why it is not ready; null when it is. */
  readonly problem: string | null;
  /** What runs the model: cpu, cuda and so on. */
  readonly execution_provider: string;
  /** Slots of the engine. */
  readonly slots: Slots;
  /** Memory for keys and values. */
  readonly key_values: KeyValues;
  /** Beginnings of prompts that may come again. */
  readonly prefix_cache: PrefixCache;
  /** Models that the worker serves. */
  readonly models: readonly ServedModel[];
  /** Memory of the worker process, as the operating system sees it. */
  readonly resident_bytes: number;
}

/** The events and records by the name of their schema. */
export interface EventTypes {
  readonly 'access.barred': AccessBarred;
  readonly 'act.performed': ActPerformed;
  readonly 'admission.decided': AdmissionDecided;
  readonly 'answer.given': AnswerGiven;
  readonly 'audit.checkpointed': AuditCheckpointed;
  readonly 'audit.recorded': AuditRecorded;
  readonly 'billing.adjusted': BillingAdjusted;
  readonly 'billing.charged': BillingCharged;
  readonly 'budget.reached': BudgetReached;
  readonly 'credential.presented': CredentialPresented;
  readonly 'credential.verified': CredentialVerified;
  readonly 'dead.letter': DeadLetter;
  readonly 'idempotency.claimed': IdempotencyClaimed;
  readonly 'intake.requested': IntakeRequested;
  readonly 'key.changed': KeyChanged;
  readonly 'key.revoked': KeyRevoked;
  readonly 'key.wrapped': KeyWrapped;
  readonly 'letter.returned': LetterReturned;
  readonly 'mirror.progressed': MirrorProgressed;
  readonly 'model.ready': ModelReady;
  readonly 'pii.found': PiiFound;
  readonly 'policy.published': PolicyPublished;
  readonly 'price.published': PricePublished;
  readonly 'protection.published': ProtectionPublished;
  readonly 'receipt.given': ReceiptGiven;
  readonly 'receipt.requested': ReceiptRequested;
  readonly 'request.admitted': RequestAdmitted;
  readonly 'request.cancelled': RequestCancelled;
  readonly 'request.closed': RequestClosed;
  readonly 'request.received': RequestReceived;
  readonly 'request.resumed': RequestResumed;
  readonly 'request.scrubbed': RequestScrubbed;
  readonly 'result.chunk': ResultChunk;
  readonly 'signer.published': SignerPublished;
  readonly 'tenant.described': TenantDescribed;
  readonly 'worker.asked': WorkerAsked;
  readonly 'worker.described': WorkerDescribed;
}

export type SchemaName = keyof EventTypes;
