import { totalmem } from 'node:os';
import { MillraceError } from '@millrace/runtime';

/** The share of the machine's memory that keys and values may take where nothing else is set. */
const defaultShare = 0.25;

/** Bytes for keys and values by default: a quarter of the memory that this process may use. */
export function defaultKvMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  const available = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.floor(available * defaultShare);
}

export interface SlotPlan {
  readonly modelName: string;
  /** Of keys and values of all layers. */
  readonly bytesPerToken: number;
  /** Tokens that one slot can hold. */
  readonly contextLength: number;
  readonly budgetBytes: number;
  /** Undefined for as many as fit, up to `mostSlots`. */
  readonly slots: number | undefined;
}

/** Slots where nothing is set and the memory is enough. */
const mostSlots = 32;

/**
 * How many slots there are, so that all of them can be filled within the budget.
 *
 * @throws `config_invalid` with what would fit, when not even one slot does, or fewer than were asked for
 */
export function planSlots({ modelName, bytesPerToken, contextLength, budgetBytes, slots }: SlotPlan): number {
  const slotBytes = bytesPerToken * contextLength;
  const room = Math.floor(budgetBytes / slotBytes);
  const wanted = slots ?? Math.min(mostSlots, Math.max(1, room));
  if (wanted <= room) return wanted;
  const fits = room === 0 ? '' : `, MILLRACE_SLOTS to at most ${room}`;
  throw new MillraceError(
    'config_invalid',
    `${wanted} ${wanted === 1 ? 'slot' : 'slots'} of ${contextLength} tokens of ${modelName} take ${mebibytes(wanted * slotBytes)} MiB, and MILLRACE_KV_MEMORY is ${mebibytes(budgetBytes)} MiB: raise it, or set MILLRACE_CONTEXT_LENGTH to at most ${Math.floor(budgetBytes / wanted / bytesPerToken)}${fits}.`,
  );
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}
