import { MillraceError } from '@millrace/runtime';
import { awaitProof } from './await-proof.ts';
import { defaultTenant } from './credentials.ts';
import type { Embedded } from './start-embedded.ts';
import { streamPrompt } from './stream-prompt.ts';

export interface Output {
  write(text: string): void;
}

/** How long ledger and audit may take after the answer. */
const proofLimitMs = 30_000;

/** Answers one prompt in the terminal and shows what it cost and that it is on record. */
export async function runOnce(
  embedded: Embedded,
  prompt: string,
  json: boolean,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { url, credentials, platform, database } = embedded;
  const onText = json ? () => undefined : (text: string) => output.write(text);
  const answer = await streamPrompt({ url, apiKey: credentials.api_key }, prompt, onText, signal);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(proofLimitMs)]);
  const proof = await awaitProof(
    platform,
    database,
    { tenant: defaultTenant, requestId: answer.requestId },
    limit,
  );
  if (json) {
    const { text, finishReason, usage, timings, requestId } = answer;
    output.write(
      `${JSON.stringify({ text, finish_reason: finishReason, usage, timings, request_id: requestId, ...proof })}\n`,
    );
  } else {
    const tokens = `${answer.usage['input_tokens'] ?? 0} + ${answer.usage['output_tokens'] ?? 0} tokens`;
    const firstMs = Math.round(answer.timings['time_to_first_token_ms'] ?? 0);
    const cost = `${proof.ledger.amount} ${proof.ledger.currency}`;
    output.write(
      `\n\n${answer.finishReason} · ${tokens} · first token after ${firstMs} ms · ${cost} (ledger ${proof.ledger.entry_id}) · audit: ${proof.audit.records} ${proof.audit.records === 1 ? 'record' : 'records'}, ${proof.audit.verified ? 'verified' : 'BROKEN'}\n`,
    );
  }
  if (!proof.audit.verified) throw new MillraceError('internal_error', 'The audit chain does not verify.');
}
