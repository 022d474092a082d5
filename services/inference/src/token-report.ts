import type { LikelyToken, TokenLogprobs } from '@millrace/stage';
import type { TokenLogprobs as EngineLogprobs } from './engine/logprobs.ts';
import type { TokenBytes } from './engine/token-text.ts';

/** JSON has no infinity; the same number stands for it in the OpenAI API. */
const impossible = -9999;

/** The log-probabilities of tokens with their texts, as clients get them. */
export function reportTokens(
  tokens: ArrayLike<number>,
  logprobs: readonly EngineLogprobs[],
  tokenBytes: TokenBytes,
): readonly TokenLogprobs[] {
  const describe = (token: number, logprob: number): LikelyToken => {
    const bytes = tokenBytes(token);
    return {
      token: Buffer.from(bytes).toString('utf8'),
      bytes: [...bytes],
      logprob: Math.max(impossible, logprob),
    };
  };
  return logprobs.map(({ logprob, top }, index) => ({
    ...describe(tokens[index] as number, logprob),
    top_logprobs: top.map((likely) => describe(likely.token, likely.logprob)),
  }));
}
