export { breachesOf, type Breach, type CompatibilityRule } from './compatibility/breaches.ts';
export { compatibilityExceptions } from './compatibility/exceptions.ts';
export {
  checkCompatibility,
  type CompatibilityReport,
  type VersionBreach,
} from './compatibility/transitive.ts';
export { dataDictionary, type DictionaryEvent } from './data-dictionary.ts';
export { eventsReference } from './events-reference.ts';
export { catalogue, kafkaTopic, type CatalogueEntry } from './catalogue.ts';
export { createCodec, type Codec, type DecodedMessage, type WriterSchema } from './codec.ts';
export type {
  ActPerformed,
  Actor,
  AccessBarred,
  AdmissionDecided,
  AdmissionDecision,
  AnswerGiven,
  AnswerKind,
  AnswerResult,
  AuditCheckpointed,
  AuditRecorded,
  BillingAdjusted,
  BillingCharged,
  BudgetReached,
  CacheHit,
  CacheUse,
  Charge,
  CredentialPresented,
  CredentialVerified,
  DeadLetter,
  Decision,
  EventTypes,
  Failure,
  Finished,
  IntakeMessage,
  IntakeParameters,
  IntakeRequested,
  KeyRevoked,
  KeyWrapped,
  LetterReturned,
  MirrorProgressed,
  ModelReady,
  Opened,
  Outcome,
  Parameters,
  PricePublished,
  PiiFound,
  ProtectionPublished,
  PublishedPrice,
  Principal,
  RequestAdmitted,
  RequestCancelled,
  RequestClosed,
  RequestReceived,
  RequestResumed,
  RequestScrubbed,
  ResultChunk,
  ResultKind,
  SchemaName,
  SignerPublished,
  TenantDescribed,
  Timings,
  Transport,
  Usage,
  UsageSource,
  VerifiedPrincipal,
  WorkerAsked,
  WorkerDescribed,
} from './generated/events.ts';
export {
  natsPermissions,
  natsReaders,
  natsUsers,
  type NatsPermissions,
  type NatsUser,
} from './nats-permissions.ts';
export { natsTenantAccount, tenantApiPrefix } from './nats-tenant-account.ts';
export { natsUsersConfig, passwordVariable } from './nats-users-config.ts';
export { canonicalForm, fingerprintOf } from './fingerprint.ts';
export { privacyProblems, readPrivacyClasses, type PrivacyClasses } from './privacy.ts';
export { bodyReader } from './read-body.ts';
export { schemaNodes, type SchemaNode } from './compatibility/schema-nodes.ts';
export {
  readSchemaFiles,
  schemaFolder,
  type AvroObject,
  type AvroSchema,
  type SchemaFile,
} from './schema-files.ts';
export { schemaOfSubject } from './schema-of-subject.ts';
export {
  answersConsumer,
  bucketDefinitions,
  consumerDefinitions,
  deadLettersKeptMs,
  defaultAckWaitMs,
  defaultStreamLimits,
  inferenceConsumer,
  intakeConsumer,
  streamDefinitions,
  type BucketDefinition,
  type ConsumerDefinition,
  type StageConsumer,
  type StreamDefinition,
  type StreamLimits,
} from './streams.ts';
export {
  controlKeys,
  fromSubjectToken,
  gatewayOf,
  intakePlaceOf,
  laneOf,
  requestIdOf,
  subjectToken,
  subjects,
  type IntakePlace,
  type Priority,
} from './subjects.ts';
export { mirrorStateTopic, registrySubject, topics, type TopicDefinition } from './topics.ts';
