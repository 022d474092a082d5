import { createHash } from 'node:crypto';
import type { Usage } from '@millrace/contracts';
import type { ChunkWriter, RequestEvent } from '@millrace/stage';
import { failed } from './failed.ts';
import {
  mergeCalls,
  type ToolCallDelta,
  type UpstreamDelta,
  type UpstreamEvent,
  type UpstreamUsage,
} from './upstream-event.ts';

/** What has come of an answer. */
export interface Collected {
  readonly texts: readonly string[];
  readonly finishReasons: readonly (string | undefined)[];
  readonly usage: UpstreamUsage | undefined;
}

/** A piece of a provider counts as one token for the order of the chunks: its own tokens are not known. */
const pieceToken = [0];
const charactersPerToken = 4;

const reasons: Readonly<Record<string, string>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'stop',
};

/** Collects an answer while it is passed on to the writer. */
export class ProviderAnswer {
  readonly #texts: string[];
  readonly #calls: ToolCallDelta[][];
  readonly #reasons: (string | undefined)[];
  #usage: UpstreamUsage | undefined;

  constructor(choices: number) {
    this.#texts = Array.from({ length: choices }, () => '');
    this.#calls = Array.from({ length: choices }, () => []);
    this.#reasons = Array.from({ length: choices }, () => undefined);
  }

  /** Whether anything of an answer has come. */
  get hasBegun(): boolean {
    return this.#usage !== undefined || this.#texts.some((text) => text !== '');
  }

  get collected(): Collected {
    return { texts: this.#texts, finishReasons: this.#reasons, usage: this.#usage };
  }

  /** @throws `provider_failed` for a choice that was not asked for */
  note({ choice, text, toolCalls, finishReason }: UpstreamDelta): void {
    const calls = this.#calls[choice];
    if (calls === undefined) throw failed('it sent a choice that nobody asked for');
    calls.push(...toolCalls);
    this.#texts[choice] += text;
    this.#reasons[choice] ??= finishReason === undefined ? undefined : (reasons[finishReason] ?? 'stop');
  }

  /** @throws `provider_failed` where a choice has not said why it ended, or there are more of them than were asked for */
  async passOn(events: AsyncIterable<UpstreamEvent>, writer: ChunkWriter): Promise<void> {
    for await (const event of events) {
      if (event.kind === 'usage') {
        this.#usage = event;
        continue;
      }
      this.note(event);
      const { choice, text, logprobs } = event;
      if (text !== '' || (logprobs?.length ?? 0) > 0)
        await writer.push(choice, { text, tokens: logprobs?.map(() => 0) ?? pieceToken, logprobs });
    }
    for (const [choice, reason] of this.#reasons.entries()) {
      if (reason === undefined) throw failed('its answer ended without a reason');
      const calls = mergeCalls(this.#calls[choice] ?? []);
      const isOneOfSeveral = this.#reasons.length > 1;
      if (calls.length === 0 && !isOneOfSeveral) continue;
      await writer.push(choice, {
        text: '',
        tokens: [],
        ...(calls.length === 0 ? {} : { toolCalls: calls }),
        ...(isOneOfSeveral ? { finishReason: reason } : {}),
      });
    }
  }

  /** As the provider says; estimated where it has not said. */
  usageOf({ characters_in }: Pick<RequestEvent, 'characters_in'>): Usage {
    const characters_out = this.#texts.reduce((sum, text) => sum + text.length, 0);
    const usage = this.#usage;
    if (usage !== undefined) {
      return {
        input_tokens: usage.inputTokens,
        cached_input_tokens: usage.cachedInputTokens,
        output_tokens: usage.outputTokens,
        characters_in,
        characters_out,
        source: 'PROVIDER',
      };
    }
    return {
      input_tokens: Math.ceil(characters_in / charactersPerToken),
      cached_input_tokens: 0,
      output_tokens: Math.ceil(characters_out / charactersPerToken),
      characters_in,
      characters_out,
      source: 'ESTIMATE',
    };
  }

  /** SHA-256 of what each choice said. */
  digest(): string | readonly string[] {
    const digests = this.#texts.map((text) => createHash('sha256').update(text).digest('hex'));
    return digests.length === 1 ? (digests[0] ?? '') : digests;
  }
}
