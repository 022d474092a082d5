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
  form('SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,64}|SK[0-9a-f]{32}|\\d{8,10}:AA[A-Za-z0-9_-]{33}'),
  form('AccountKey=[A-Za-z0-9+/]{86}=='),
  // JSON Web Tokens; one that is cut off has all that it says of somebody
  form('eyJ[A-Za-z0-9_-]{8,4096}\\.eyJ[A-Za-z0-9_-]{2,16384}(?:\\.[A-Za-z0-9_-]{0,2048})?', 1, isJwt),
];

/** Whether the header of a token is JSON that names an algorithm. */
function isJwt(token: string): boolean {
  const header = Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString();
  return header.startsWith('{') && header.includes('"alg"');
}
