import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { gatewaySettings, relaySettings } from '@millrace/relay';
import { platformSettings } from '@millrace/stage';

/** What the WebSocket routes are told, wherever they are mounted. */
export const edgeSettings = defineSettings({
  heartbeatMs: setting.durationMs('MILLRACE_HEARTBEAT', {
    description: 'Interval of the pings. A client that answers none until the next is cut off.',
    default: 15_000,
    min: 100,
  }),
  disconnectGraceMs: setting.durationMs('MILLRACE_DISCONNECT_GRACE', {
    description: 'How long a client may be away before its requests are cancelled.',
    default: 60_000,
    min: 0,
  }),
  maxInFlightPerConnection: setting.integer('MILLRACE_MAX_IN_FLIGHT_PER_CONNECTION', {
    description: 'Most requests at once on a connection; each API key has a limit of its own as well.',
    default: 64,
    min: 1,
  }),
  maxConnections: setting.integer('MILLRACE_MAX_CONNECTIONS', {
    description: 'Most connections of a gateway process.',
    default: 10_000,
    min: 1,
  }),
  maxFrameBytes: setting.integer('MILLRACE_MAX_FRAME_BYTES', {
    description:
      'A larger frame ends the connection. Content has a limit of 1 MiB, which JSON escapes can make six times as large.',
    default: 4 * 1024 * 1024,
    min: 1024,
  }),
  sendBufferBytes: setting.integer('MILLRACE_SEND_BUFFER_BYTES', {
    description: 'A connection whose client has so much yet to read is paused.',
    default: 256 * 1024,
    min: 1024,
  }),
});

export type EdgeSettings = SettingsOf<typeof edgeSettings>;

/** What edge as a process of its own is told. */
export const edgeProcessSettings = defineSettings({
  ...platformSettings,
  ...relaySettings,
  ...gatewaySettings,
  ...edgeSettings,
  port: setting.integer('MILLRACE_PORT', {
    description: 'Port of the WebSocket, health and metrics.',
    default: 8787,
    min: 0,
    max: 65_535,
  }),
  databaseUrl: setting.secret('DATABASE_URL', {
    description: 'Where PostgreSQL is, for training examples; without it requests that consent are refused.',
    optional: true,
  }),
  host: setting.string('MILLRACE_HOST', { description: 'Address that it listens on.', default: '127.0.0.1' }),
});

export type EdgeProcessSettings = SettingsOf<typeof edgeProcessSettings>;
