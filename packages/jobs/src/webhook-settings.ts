import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';

/** What those are told who take webhooks, and who deliver them. */
export const webhookSettings = defineSettings({
  webhookPrivate: setting.boolean('MILLRACE_WEBHOOK_PRIVATE', {
    description:
      'Whether webhooks may go to private addresses and without TLS: then whoever has an API key can reach what this machine can.',
    default: false,
  }),
  webhookTimeoutMs: setting.durationMs('MILLRACE_WEBHOOK_TIMEOUT', {
    description: 'How long a receiver of a webhook may take to answer.',
    default: 10_000,
    min: 100,
    max: 60_000,
  }),
  webhookAttempts: setting.integer('MILLRACE_WEBHOOK_ATTEMPTS', {
    description: 'Tries before a webhook is given up; ten take about a day.',
    default: 10,
    min: 1,
    max: 20,
  }),
  webhookFirstPauseMs: setting.durationMs('MILLRACE_WEBHOOK_FIRST_PAUSE', {
    description: 'Pause behind the first try of a webhook; each one is five times as long, up to six hours.',
    default: 5_000,
    min: 10,
  }),
});

export type WebhookSettings = SettingsOf<typeof webhookSettings>;
