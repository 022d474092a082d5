export type { NatsCredentials } from './nats/connection.ts';
export { createNatsUserKey, type NatsUserKey } from './nats/user-key.ts';
export { connectNats, type NatsBusOptions } from './nats/nats-bus.ts';
export type { NatsServer, NatsServerOptions, SyncPolicy } from './nats-server/index.ts';
export type {
  Bucket,
  BucketEntry,
  Bus,
  Consumption,
  ConsumeBatchesOptions,
  ConsumeOptions,
  Delivery,
  OutgoingMessage,
  PoisonReason,
  PublishAck,
  PublishOptions,
  ReadOptions,
  ReceivedMessage,
  StoredEntry,
  StoredMessage,
  StreamState,
} from './port.ts';
export { createPublishWindow, type PublishWindow } from './publish-window.ts';
export { traceHeaders, type TraceContext } from './trace-headers.ts';
