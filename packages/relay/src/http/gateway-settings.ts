import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';

/** What every gateway is told of its HTTP server. Spread into the settings of the process. */
export const gatewaySettings = defineSettings({
  tlsCertFile: setting.path('MILLRACE_TLS_CERT_FILE', {
    optional: true,
    description:
      'The certificate of the front door and those between it and the root, in PEM; without it the door speaks HTTP. Read again every half minute.',
  }),
  tlsKeyFile: setting.path('MILLRACE_TLS_KEY_FILE', {
    optional: true,
    description: 'The private key of the certificate, in PEM.',
  }),
  headersTimeoutMs: setting.durationMs('MILLRACE_HEADERS_TIMEOUT', {
    description: 'How long a client may take to send the headers of a request.',
    default: 10_000,
    min: 100,
  }),
  receiveTimeoutMs: setting.durationMs('MILLRACE_RECEIVE_TIMEOUT', {
    description: 'How long a client may take to send a whole request.',
    default: 60_000,
    min: 100,
  }),
  keepAliveTimeoutMs: setting.durationMs('MILLRACE_KEEP_ALIVE_TIMEOUT', {
    description: 'How long a connection is kept between two requests. Above that of the proxy in front.',
    default: 75_000,
    min: 100,
  }),
  sendTimeoutMs: setting.durationMs('MILLRACE_SEND_TIMEOUT', {
    description: 'How long a client may take nothing of an answer that is there for it.',
    default: 60_000,
    min: 100,
  }),
  maxHeaderBytes: setting.bytes('MILLRACE_MAX_HEADER_BYTES', {
    description: 'Most bytes of the headers of a request.',
    default: 16 * 1024,
    min: 1024,
    max: 1024 * 1024,
  }),
  maxRequestsPerConnection: setting.integer('MILLRACE_MAX_REQUESTS_PER_CONNECTION', {
    description: 'A connection is closed after so many requests, so that load spreads again.',
    default: 10_000,
    min: 1,
  }),
  maxHttpConnections: setting.integer('MILLRACE_MAX_HTTP_CONNECTIONS', {
    description: 'Most TCP connections of a gateway process, WebSockets included; more are dropped.',
    default: 20_000,
    min: 1,
  }),
  trustedProxies: setting.list('MILLRACE_TRUSTED_PROXIES', {
    description:
      'Addresses or networks (10.0.0.0/8) of proxies whose X-Forwarded headers are believed; none by default.',
    default: [],
  }),
  corsOrigins: setting.list('MILLRACE_CORS_ORIGINS', {
    description:
      'Origins (https://app.example.com) whose pages may call the API, or * for all; none by default. Cookies never count.',
    default: [],
  }),
  hstsMaxAgeMs: setting.durationMs('MILLRACE_HSTS_MAX_AGE', {
    description: 'How long browsers are told to use TLS alone; 0 where there is no TLS in front.',
    default: 0,
    min: 0,
  }),
  drainGraceMs: setting.durationMs('MILLRACE_DRAIN_GRACE', {
    description: 'How long answers that are being sent may go on after SIGTERM.',
    default: 5_000,
    min: 0,
    max: 25_000,
  }),
});

export type GatewaySettings = SettingsOf<typeof gatewaySettings>;
