/** How the server ends a connection. Codes below 4000 are those of RFC 6455. */
export const closeCodes = {
  goingAway: { code: 1001, meaning: 'The gateway stops. Connect again and resume.' },
  invalidUtf8: { code: 1007, meaning: 'A text frame was not UTF-8.' },
  tooLarge: { code: 1009, meaning: 'A frame was larger than max_frame_bytes.' },
  internalError: { code: 1011, meaning: 'Something went wrong on the side of the platform.' },
  tryAgainLater: {
    code: 1013,
    meaning:
      'Too many connections, too many wrong credentials from this address, or the credential was changed or cannot be verified right now.',
  },
  badCredential: {
    code: 4401,
    meaning: 'The credential is missing, wrong, expired, revoked or not for this. An error comes before.',
  },
  denied: {
    code: 4403,
    meaning: 'Who the credential belongs to may not get in. An error comes before.',
  },
} as const;

export type CloseReason = (typeof closeCodes)[keyof typeof closeCodes];
