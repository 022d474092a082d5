export { createTestCertificate, type TestCertificate } from './certificate.ts';
export { startTestDatabase, type TestDatabase } from './database.ts';
export {
  kafkaIsHere,
  startTestKafka,
  type SecuredListener,
  type TestKafka,
  type TestKafkaOptions,
} from './java/kafka-broker.ts';
export { startTestRegistry, type TestRegistry } from './java/schema-registry.ts';
export { startTestNats, type TestNats } from './nats-server.ts';
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
export {
  openStream,
  type StreamClient,
  type StreamClientOptions,
  type StreamMessage,
} from './stream-client.ts';
export { readTopicCommitted, type TopicReader, type TopicRecord } from './topic-reader.ts';
