import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { gatewaySettings, relaySettings } from '@millrace/relay';
import { platformSettings } from '@millrace/stage';

/** What the HTTP routes are told, wherever they are mounted. */
export const ingressSettings = defineSettings({
  sseKeepAliveMs: setting.durationMs('MILLRACE_SSE_KEEP_ALIVE', {
    description: 'After so much silence an event stream gets a comment, so that proxies keep it open.',
    default: 15_000,
    min: 100,
  }),
  maxBodyBytes: setting.integer('MILLRACE_MAX_BODY_BYTES', {
    description:
      'Largest body. Content has a limit of 1 MiB, which JSON escapes can make six times as large.',
    default: 4 * 1024 * 1024,
    min: 1024,
  }),
});

export type IngressSettings = SettingsOf<typeof ingressSettings>;

/** What ingress as a process of its own is told. */
export const ingressProcessSettings = defineSettings({
  ...platformSettings,
  ...relaySettings,
  ...gatewaySettings,
  ...ingressSettings,
  port: setting.integer('MILLRACE_PORT', {
    description: 'Port of the API, health and metrics.',
    default: 8788,
    min: 0,
    max: 65_535,
  }),
  host: setting.string('MILLRACE_HOST', { description: 'Address that it listens on.', default: '127.0.0.1' }),
});

export type IngressProcessSettings = SettingsOf<typeof ingressProcessSettings>;
