export interface PrefixCacheOptions {
  /** Positions of a block. */
  readonly blockTokens: number;
  readonly blockBytes: number;
  /** Most bytes of all blocks together; less than one block switches the cache off. */
  readonly budgetBytes: number;
  /** The beginning of a prompt that is not a tenant's own, such as the operator's system prompt: all tenants share its blocks. */
  readonly publicPrefix?: Int32Array;
}

/** What the cache has done since it was made. */
export interface PrefixCacheStatistics {
  readonly blocks: number;
  readonly bytes: number;
  readonly budgetBytes: number;
  /** Positions of prompts that were looked for. */
  readonly queriedTokens: number;
  /** Those of them that were found. */
  readonly hitTokens: number;
  readonly evictedBlocks: number;
}

/** Keys and values of one block of positions, and of what has to come before it. */
interface Block {
  readonly key: string;
  readonly parent: Block | undefined;
  readonly children: Map<string, Block>;
  readonly memory: Uint8Array<ArrayBuffer>;
  evicted: boolean;
}

/**
 * Keys and values of the beginnings of prompts: a radix tree (Zheng et al., "SGLang", 2024) whose edges are blocks of tokens.
 *
 * A block hangs below the one that it follows, so a path from the root is one beginning of a prompt. It is found only by the
 * scope that has put it there, so that nobody can time what others have asked; blocks of the public prefix belong to all.
 * The block that was used least recently goes first; one that others follow is used whenever they are, so it outlives them.
 */
export class PrefixCache {
  readonly #options: PrefixCacheOptions;
  readonly #roots = new Map<string, Block>();
  /** Every block, the least recently used first. */
  readonly #byUse = new Set<Block>();
  readonly #mostBlocks: number;
  #queriedTokens = 0;
  #hitTokens = 0;
  #evictedBlocks = 0;

  constructor(options: PrefixCacheOptions) {
    this.#options = options;
    this.#mostBlocks = Math.floor(options.budgetBytes / options.blockBytes);
  }

  get statistics(): PrefixCacheStatistics {
    const { budgetBytes, blockBytes } = this.#options;
    return {
      blocks: this.#byUse.size,
      bytes: this.#byUse.size * blockBytes,
      budgetBytes,
      queriedTokens: this.#queriedTokens,
      hitTokens: this.#hitTokens,
      evictedBlocks: this.#evictedBlocks,
    };
  }

  /**
   * Goes along the blocks of a prompt, from its beginning. The last token is never taken from the cache: what follows the prompt is
   * drawn from its logits.
   *
   * @param scope who the prompt belongs to
   */
  walk(scope: string, tokens: Int32Array): PrefixWalk {
    const { blockTokens, publicPrefix = new Int32Array() } = this.#options;
    const publicTokens = commonLength(tokens, publicPrefix);
    let last: Block | undefined;
    let at = 0;
    let missed = this.#mostBlocks === 0;
    const keyOfNext = (): string | undefined => {
      const end = at + blockTokens;
      if (end > tokens.length) return undefined;
      const owner = end <= publicTokens ? '' : scope;
      return `${tokens.subarray(at, end).join()} ${owner}`;
    };
    const siblings = (): Map<string, Block> => last?.children ?? this.#roots;
    const step = (block: Block): Uint8Array<ArrayBuffer> => {
      last = block;
      at += blockTokens;
      this.#use(block);
      return block.memory;
    };
    if (!missed) this.#queriedTokens += tokens.length;
    return {
      load: () => {
        if (missed) return undefined;
        const key = at + blockTokens < tokens.length ? keyOfNext() : undefined;
        const found = key === undefined || last?.evicted === true ? undefined : siblings().get(key);
        if (found === undefined) {
          missed = true;
          return undefined;
        }
        this.#hitTokens += blockTokens;
        return step(found);
      },
      save: (start) => {
        if (start !== at || last?.evicted === true || this.#mostBlocks === 0) return undefined;
        const key = keyOfNext();
        if (key === undefined) return undefined;
        const present = siblings().get(key);
        if (present !== undefined) {
          step(present);
          return undefined;
        }
        if (last !== undefined) this.#use(last);
        const memory = this.#takeMemory(last);
        if (memory === undefined) return undefined;
        const block = { key, parent: last, children: new Map(), memory, evicted: false };
        siblings().set(key, block);
        return step(block);
      },
    };
  }

  /** Behind the block come those that it follows: so the first one of all is never followed by another. */
  #use(block: Block): void {
    for (let each: Block | undefined = block; each !== undefined; each = each.parent) {
      this.#byUse.delete(each);
      this.#byUse.add(each);
    }
  }

  /** New memory within the budget, else that of the block that goes; undefined where only `kept` could go. */
  #takeMemory(kept: Block | undefined): Uint8Array<ArrayBuffer> | undefined {
    if (this.#byUse.size < this.#mostBlocks) return new Uint8Array(this.#options.blockBytes);
    const [oldest] = this.#byUse;
    if (oldest === undefined || oldest === kept) return undefined;
    oldest.evicted = true;
    (oldest.parent?.children ?? this.#roots).delete(oldest.key);
    this.#byUse.delete(oldest);
    this.#evictedBlocks += 1;
    return oldest.memory;
  }
}

/** One prompt on its way along the cache. */
export interface PrefixWalk {
  /** The next block, to be read at once; undefined when the rest has to be computed. */
  load(): Uint8Array<ArrayBuffer> | undefined;
  /**
   * Memory for the block from position `start` on, to be filled at once; undefined where it is not to be kept: it is there
   * already, it is not the next one, there is no room, or what it follows is gone.
   */
  save(start: number): Uint8Array<ArrayBuffer> | undefined;
}

function commonLength(first: Int32Array, second: Int32Array): number {
  const end = Math.min(first.length, second.length);
  let length = 0;
  while (length < end && first[length] === second[length]) length += 1;
  return length;
}
