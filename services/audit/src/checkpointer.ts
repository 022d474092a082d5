import {
  appendLeaf,
  checkCheckpoint,
  emptyTree,
  hashOfRecord,
  leafHash,
  noHash,
  signCheckpoint,
  treeOf,
  type Signer,
  type Tree,
} from '@millrace/audit-log';
import { subjects } from '@millrace/contracts';
import type { StoredMessage } from '@millrace/bus';
import { MillraceError } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';

type CheckpointerDependencies = Pick<StageDependencies, 'bus' | 'codec' | 'clock'>;

/** A second place for checkpoints, that gets each before it is published. */
export type KeepElsewhere = (checkpoint: Uint8Array) => Promise<void>;

/** A chain as far as it was followed. */
interface Followed {
  readonly tree: Tree;
  readonly lastHash: Uint8Array;
  /** Of the last record in the stream AUDIT. */
  readonly lastSequence: number;
}

/** Chains kept in memory at most. */
const maxChains = 5_000;
const nothing: Followed = { tree: emptyTree, lastHash: noHash, lastSequence: 0 };

/** Signs how far the chains are. One for each process. */
export class Checkpointer {
  readonly #dependencies: CheckpointerDependencies;
  readonly #signer: Signer;
  readonly #keepElsewhere: KeepElsewhere;
  readonly #followed = new Map<string, Followed>();
  readonly #turns = new Map<string, Promise<boolean>>();

  constructor(dependencies: CheckpointerDependencies, signer: Signer, keepElsewhere: KeepElsewhere) {
    this.#dependencies = dependencies;
    this.#signer = signer;
    this.#keepElsewhere = keepElsewhere;
  }

  /** How far this process knows a chain to be signed: the sequence of its last record in the stream AUDIT. */
  signedThrough(tenant: string): number {
    return this.#followed.get(tenant)?.lastSequence ?? 0;
  }

  /**
   * Signs what was added to a chain since its last checkpoint, after it has followed these records. The calls for a tenant take turns.
   *
   * @returns whether there was something to sign
   * @throws `message_corrupt` when the chain does not hold: it is not signed then; `unavailable`
   */
  async checkpoint(tenant: string): Promise<boolean> {
    const before = this.#turns.get(tenant);
    const turn = (async () => {
      // What became of the one before is told to who asked for it.
      await before?.catch(() => undefined);
      return this.#checkpoint(tenant);
    })();
    this.#turns.set(tenant, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(tenant) === turn) this.#turns.delete(tenant);
    }
  }

  async #checkpoint(tenant: string): Promise<boolean> {
    const { bus, codec, clock } = this.#dependencies;
    const subject = subjects.checkpointed(tenant);
    for (;;) {
      const last = await bus.lastMessage('CHECKPOINTS', subject);
      const own = this.#ofCheckpoint(last);
      const known = this.#followed.get(tenant);
      const { tree, lastHash, lastSequence } = await this.#follow(tenant, known ?? own);
      if (tree.size <= Math.max(own.tree.size, known?.tree.size ?? 0)) {
        this.#keep(tenant, { tree, lastHash, lastSequence });
        return false;
      }
      const checkpoint = signCheckpoint(codec, this.#signer, {
        tenant,
        tree,
        last_hash: lastHash,
        last_sequence: lastSequence,
        previous_sequence: last?.sequence ?? 0,
        at: clock.now(),
      });
      await this.#keepElsewhere(checkpoint);
      try {
        await bus.publish({
          subject,
          payload: checkpoint,
          messageId: `${subject}:${last?.sequence ?? 0}:${tree.size}:${this.#signer.publicKey.keyId}`,
          expectedLastSequence: last?.sequence ?? 0,
        });
        this.#keep(tenant, { tree, lastHash, lastSequence });
        return true;
      } catch (error) {
        if (!(error instanceof MillraceError && error.code === 'fenced')) throw error;
      }
    }
  }

  /** What its own key has signed. Others it does not believe: their chain it follows from the first record, and signs itself. */
  #ofCheckpoint(last: StoredMessage | undefined): Followed {
    if (last === undefined) return nothing;
    const { publicKey } = this.#signer;
    const { checkpoint, problem } = checkCheckpoint(
      this.#dependencies.codec,
      last.payload,
      new Map([[publicKey.keyId, publicKey]]),
    );
    if (checkpoint === undefined || problem !== undefined) return nothing;
    return {
      tree: treeOf(checkpoint),
      lastHash: checkpoint.last_hash,
      lastSequence: checkpoint.last_sequence,
    };
  }

  async #follow(tenant: string, from: Followed): Promise<Followed> {
    const { bus, codec } = this.#dependencies;
    let { tree, lastHash, lastSequence } = from;
    const fromSequence = lastSequence + 1;
    for await (const { payload, sequence } of bus.read('AUDIT', subjects.recorded(tenant), {
      fromSequence,
    })) {
      const record = codec.decode('audit.recorded', payload);
      const isNext =
        record.sequence === tree.size + 1 &&
        Buffer.compare(record.previous_hash, lastHash) === 0 &&
        Buffer.compare(record.hash, hashOfRecord(payload)) === 0;
      if (!isNext) {
        const message = `The chain of ${tenant} does not hold at record ${tree.size + 1} (sequence ${sequence} in AUDIT): it is signed no further.`;
        throw new MillraceError('message_corrupt', message);
      }
      tree = appendLeaf(tree, leafHash(payload));
      lastHash = record.hash;
      lastSequence = sequence;
    }
    return { tree, lastHash, lastSequence };
  }

  #keep(tenant: string, followed: Followed): void {
    this.#followed.delete(tenant);
    this.#followed.set(tenant, followed);
    if (this.#followed.size <= maxChains) return;
    const [oldest] = this.#followed.keys();
    if (oldest !== undefined) this.#followed.delete(oldest);
  }
}
