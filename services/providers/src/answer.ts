import { createHash } from 'node:crypto';
import type { Usage } from '@millrace/contracts';
import type { ChunkWriter, RequestEvent } from '@millrace/stage';
import type { AnswerLimits } from './answer-limits.ts';
import { failed } from './failed.ts';
import {
  callsOf,
  mergeDeltas,
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

/** What may wait to be stored: a record, in which a character can take six bytes, has to fit into a message. */
const maxWaitingCharacters = 128 * 1024;

const reasons = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['content_filter', 'stop'],
]);

/** Collects an answer while it is passed on to the writer. */
export class ProviderAnswer {
  readonly #texts: string[];
  /** By choice, and by the index of the call. */
  readonly #calls: Map<number, ToolCallDelta>[];
  readonly #reasons: (string | undefined)[];
  readonly #limits: AnswerLimits;
  #characters = 0;
  #waitingCharacters = 0;
  #usage: UpstreamUsage | undefined;

  constructor(choices: number, limits: AnswerLimits) {
    this.#limits = limits;
    this.#texts = Array.from({ length: choices }, () => '');
    this.#calls = Array.from({ length: choices }, () => new Map());
    this.#reasons = Array.from({ length: choices }, () => undefined);
  }

  /** Whether anything of an answer has come. */
  get hasBegun(): boolean {
    return this.#usage !== undefined || this.#characters > 0 || this.#calls.some(({ size }) => size > 0);
  }

  get collected(): Collected {
    return { texts: this.#texts, finishReasons: this.#reasons, usage: this.#usage };
  }

  /** @throws `provider_failed` for a choice that was not asked for, and for more than an answer can be */
  note({ choice, text, toolCalls, finishReason }: UpstreamDelta): void {
    const calls = this.#calls[choice];
    if (calls === undefined) throw failed('it sent a choice that nobody asked for');
    this.#characters += text.length + toolCalls.reduce((sum, call) => sum + charactersOf(call), 0);
    if (this.#characters > this.#limits.characters) throw failed('its answer is longer than was asked for');
    for (const call of toolCalls) calls.set(call.index, mergeDeltas(calls.get(call.index), call));
    this.#texts[choice] += text;
    this.#reasons[choice] ??= finishReason === undefined ? undefined : (reasons.get(finishReason) ?? 'stop');
  }

  /** @throws `provider_failed` where a choice has not said why it ended, or there are more of them than were asked for */
  async passOn(events: AsyncIterable<UpstreamEvent>, writer: ChunkWriter): Promise<void> {
    for await (const event of events) {
      if (event.kind === 'usage') {
        this.#usage = event;
        continue;
      }
      this.note(event);
      await this.#write(event, writer);
    }
    for (const [choice, reason] of this.#reasons.entries()) {
      if (reason === undefined) throw failed('its answer ended without a reason');
      const calls = callsOf(this.#calls[choice]?.values() ?? []);
      const isOneOfSeveral = this.#reasons.length > 1;
      if (calls.length === 0 && !isOneOfSeveral) continue;
      await this.#makeRoom(writer, JSON.stringify(calls).length);
      await writer.push(choice, {
        text: '',
        tokens: [],
        ...(calls.length === 0 ? {} : { toolCalls: calls }),
        ...(isOneOfSeveral ? { finishReason: reason } : {}),
      });
    }
  }

  /** What is long goes into several records. */
  async #write({ choice, text, logprobs }: UpstreamDelta, writer: ChunkWriter): Promise<void> {
    if (logprobs !== undefined && logprobs.length > 0) {
      await this.#makeRoom(writer, JSON.stringify(logprobs).length + text.length);
      await writer.push(choice, { text, tokens: logprobs.map(() => 0), logprobs });
      return;
    }
    for (let start = 0; start < text.length;) {
      const end = borderAt(text, Math.min(text.length, start + maxWaitingCharacters));
      await this.#makeRoom(writer, end - start);
      await writer.push(choice, { text: text.slice(start, end), tokens: pieceToken });
      start = end;
    }
  }

  /** Waits until what waits has been stored, where more of it would be too much. @throws `provider_failed`, what `flush` throws */
  async #makeRoom(writer: ChunkWriter, characters: number): Promise<void> {
    if (characters > 4 * maxWaitingCharacters) throw failed('a piece of its answer is too long');
    this.#waitingCharacters += characters;
    if (this.#waitingCharacters <= maxWaitingCharacters) return;
    await writer.flush();
    this.#waitingCharacters = characters;
  }

  /** As the provider says, as far as that can be; estimated where it has not said. */
  usageOf({ characters_in }: Pick<RequestEvent, 'characters_in'>): Usage {
    const characters_out = this.#characters;
    const usage = this.#usage;
    if (usage !== undefined) {
      const input_tokens = Math.min(usage.inputTokens, this.#limits.inputTokens);
      return {
        input_tokens,
        cached_input_tokens: Math.min(usage.cachedInputTokens, input_tokens),
        output_tokens: Math.min(usage.outputTokens, this.#limits.outputTokens),
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

function charactersOf({ id = '', name = '', arguments: text }: ToolCallDelta): number {
  return id.length + name.length + text.length;
}

/** Where a text may be cut: not within a character. */
function borderAt(text: string, end: number): number {
  const before = text.charCodeAt(end - 1);
  return end < text.length && end > 1 && before >= 0xd800 && before <= 0xdbff ? end - 1 : end;
}
