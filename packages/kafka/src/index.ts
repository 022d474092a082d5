export {
  kafkaSettings,
  registrySettings,
  topicSettings,
  type KafkaSettings,
  type RegistrySettings,
} from './kafka-settings.ts';
export { openKafka } from './open-kafka.ts';
export { readTopics, topicsOf, type AnswerRoute, type RequestTopic, type Topics } from './read-topics.ts';
export { openSchemaRegistry, type SchemaRegistry } from './schema-registry.ts';
export { type TopicFormat } from './topics-schema.ts';
export { createWireTranslator, type WireTranslator } from './wire-translator.ts';
export { bodyOfSingleObject, readWireFormat, writeWireFormat, type WireMessage } from './wire-format.ts';
