interface SecretForm {
  readonly pattern: RegExp;
  readonly score: number;
  readonly check?: (value: string) => boolean;
}

const form = (source: string, score = 1, check?: (value: string) => boolean): SecretForm => ({
  pattern: new RegExp(`(?<![A-Za-z0-9_])(?:${source})(?![A-Za-z0-9_-])`, 'gu'),
  score,
  ...(check === undefined ? {} : { check }),
});

/** Keys and tokens that say by their form whose they are, as those who issue them document it. */
export const secretForms: readonly SecretForm[] = [
  // AWS
  form('(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}'),
  // GitHub, GitLab, npm, PyPI, Hugging Face
  form(
    'gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}|github_pat_[A-Za-z0-9_]{22,255}',
  ),
  form('glpat-[A-Za-z0-9_-]{20,64}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,512}|hf_[A-Za-z0-9]{30,64}'),
  // Google
  form('AIza[A-Za-z0-9_-]{35}|ya29\\.[A-Za-z0-9_-]{20,512}|GOCSPX-[A-Za-z0-9_-]{28}'),
  // Slack
  form('xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\\d-[A-Za-z0-9-]{10,250}'),
  { pattern: /https:\/\/hooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9/]{20,128}/gu, score: 1 },
  // Stripe
  form('(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,247}|whsec_[A-Za-z0-9+/=]{24,128}'),
  // OpenAI, Anthropic and those who took over their form
  form(
    'sk-(?:proj-|svcacct-|admin-|ant-[a-z0-9]{2,8}-|or-v1-)?[A-Za-z0-9_-]{20,250}',
    1,
    (value) => /\d/u.test(value) && /[A-Za-z]{4}/u.test(value),
  ),
  // SendGrid, Twilio, Telegram, Azure
  form('SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,64}|SK[0-9a-f]{32}|\\d{8,10}:AA[A-Za-z0-9_-]{32,33}'),
  // Discord: the id of a bot in base64, a time, a signature
  form('[MNO][A-Za-z0-9_-]{23,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,40}', 1, isDiscord),
  // HTTP Basic: name and password in base64
  {
    pattern: /(?<=\bbasic )[A-Za-z0-9+/]{16,1024}={0,2}(?![A-Za-z0-9+/=])/giu,
    score: 1,
    check: isCredentials,
  },
  form('AccountKey=[A-Za-z0-9+/]{86}=='),
  // JSON Web Tokens; one that is cut off has all that it says of somebody
  form('eyJ[A-Za-z0-9_-]{8,4096}\\.eyJ[A-Za-z0-9_-]{2,16384}(?:\\.[A-Za-z0-9_-]{0,2048})?', 1, isJwt),
];

function isDiscord(token: string): boolean {
  return /^\d{15,20}$/u.test(decoded(token.slice(0, token.indexOf('.')), 'base64url'));
}

function isCredentials(value: string): boolean {
  return /^[\x20-\x7e]+:[\x20-\x7e]*$/u.test(decoded(value, 'base64'));
}

function decoded(value: string, encoding: 'base64' | 'base64url'): string {
  return Buffer.from(value, encoding).toString();
}

/** Whether the header of a token is JSON that names an algorithm. */
function isJwt(token: string): boolean {
  const header = decoded(token.slice(0, token.indexOf('.')), 'base64url');
  return header.startsWith('{') && header.includes('"alg"');
}
