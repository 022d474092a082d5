import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';

/** Where Kafka is and how it is reached; spread into the settings of a service. */
export const kafkaSettings = defineSettings({
  kafkaBrokers: setting.list('MILLRACE_KAFKA_BROKERS', {
    description: 'Where Kafka is: host:port of some of its brokers. Without it there are no topics of Kafka.',
    optional: true,
  }),
  kafkaClientId: setting.string('MILLRACE_KAFKA_CLIENT_ID', {
    description: 'What brokers call this client in their logs and quotas.',
    default: 'millrace',
  }),
  kafkaTls: setting.boolean('MILLRACE_KAFKA_TLS', {
    description: 'Whether brokers are reached by TLS; a CA or a certificate implies it.',
    default: false,
  }),
  kafkaCaFile: setting.path('MILLRACE_KAFKA_CA_FILE', {
    description: 'Who has signed the certificates of the brokers, in PEM; by default a public authority.',
    optional: true,
  }),
  kafkaCertFile: setting.path('MILLRACE_KAFKA_CERT_FILE', {
    description: 'The certificate of this client, where brokers want one, in PEM.',
    optional: true,
  }),
  kafkaKeyFile: setting.path('MILLRACE_KAFKA_KEY_FILE', {
    description: 'The key of that certificate, in PEM.',
    optional: true,
  }),
  kafkaMechanism: setting.enumeration(
    'MILLRACE_KAFKA_SASL_MECHANISM',
    ['plain', 'scram-sha-256', 'scram-sha-512'],
    { description: 'How MILLRACE_KAFKA_USER proves itself.', default: 'scram-sha-512' },
  ),
  kafkaUser: setting.string('MILLRACE_KAFKA_USER', {
    description: 'The user at the brokers (SASL); without it nobody logs in.',
    optional: true,
  }),
  kafkaPassword: setting.secret('MILLRACE_KAFKA_PASSWORD', { description: 'Its password.', optional: true }),
});

export type KafkaSettings = SettingsOf<typeof kafkaSettings>;

/** Where the schema registry is; spread into the settings of a service. */
export const registrySettings = defineSettings({
  registryUrl: setting.string('MILLRACE_SCHEMA_REGISTRY_URL', {
    description:
      'A Confluent-compatible schema registry, such as https://registry:8081. Topics in Avro need it.',
    optional: true,
  }),
  registryUser: setting.string('MILLRACE_SCHEMA_REGISTRY_USER', {
    description: 'The user at the registry.',
    optional: true,
  }),
  registryPassword: setting.secret('MILLRACE_SCHEMA_REGISTRY_PASSWORD', {
    description: 'Its password.',
    optional: true,
  }),
  registryTimeoutMs: setting.durationMs('MILLRACE_SCHEMA_REGISTRY_TIMEOUT', {
    description: 'How long an answer of the registry is waited for.',
    default: 5_000,
    min: 100,
    max: 60_000,
  }),
  registryRegisters: setting.boolean('MILLRACE_SCHEMA_REGISTRY_REGISTER', {
    description:
      'Whether schemas that the registry lacks are registered when they are first written; otherwise that is `millrace schemas register`.',
    default: true,
  }),
});

export type RegistrySettings = SettingsOf<typeof registrySettings>;

/** Where the topics are described that requests come from. */
export const topicSettings = defineSettings({
  kafkaTopicsFile: setting.path('MILLRACE_KAFKA_TOPICS', {
    description:
      'JSON file of the topics that requests are read from, and of those that their answers go to; without it none are.',
    optional: true,
  }),
});
