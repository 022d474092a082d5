import { defaultAckWaitMs } from '@millrace/contracts';
import { setting } from '@millrace/runtime';

/** Settings that several services have. Each takes those that it needs. */
export const workerSettings = {
  /** @param port of the service where all run on one machine */
  healthPort: (port: number) =>
    setting.integer('MILLRACE_HEALTH_PORT', {
      description: 'Port of /healthz, /readyz and /metrics; 0 takes any that is free.',
      default: port,
      min: 0,
      max: 65_535,
    }),
  ackWaitMs: setting.durationMs('MILLRACE_ACK_WAIT', {
    description: 'How long a worker may be silent before its messages go to another.',
    default: defaultAckWaitMs,
    min: 1_000,
  }),
  databaseUrl: setting.secret('DATABASE_URL', {
    description: 'Where PostgreSQL is: postgres://user:password@host/name.',
  }),
  /** Of the stages of a request. */
  maxDeliveries: setting.integer('MILLRACE_MAX_DELIVERIES', {
    description:
      'Attempts in a row that got nowhere, after which a request is given up and closed as failed.',
    default: 5,
    min: 1,
    max: 100,
  }),
  closingMaxDeliveries: setting.integer('MILLRACE_CLOSING_MAX_DELIVERIES', {
    description: 'Deliveries after which a closing is put among the dead letters.',
    default: 20,
    min: 1,
  }),
} as const;
