import { defineSettings, setting } from '@millrace/runtime';

/** The same for those who keep identity providers and those who fetch their keys. */
export const identitySettings = defineSettings({
  oidcPrivate: setting.boolean('MILLRACE_OIDC_PRIVATE', {
    description:
      'Whether the keys of identity providers may be fetched over http: and from addresses that are not on the Internet.',
    default: false,
  }),
});
