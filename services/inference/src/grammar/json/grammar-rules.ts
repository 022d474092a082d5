import { MillraceError } from '@millrace/runtime';
import { byteOf, noByte, nothing } from './ebnf.ts';

/** The rules of a grammar while it is written. Rules that say the same are one. */
export class GrammarRules {
  readonly #maxBytes: number;
  readonly #param: string;
  readonly #bodies = new Map<string, string>();
  readonly #nameByBody = new Map<string, string>();
  readonly #nameByKey = new Map<string, string>();
  #bytes = 0;

  /**
   * @param maxBytes most bytes of the grammar: compiling one takes time and memory in proportion
   * @param param the field that asks for it
   */
  constructor(maxBytes: number, param: string) {
    this.#maxBytes = maxBytes;
    this.#param = param;
  }

  /** @returns the name of a rule with this body @throws `unsupported_value` when the grammar becomes too large */
  add(body: string): string {
    const known = this.#nameByBody.get(body);
    if (known !== undefined) return known;
    const name = this.reserve();
    this.define(name, body);
    this.#nameByBody.set(body, name);
    return name;
  }

  /**
   * A rule for one of several parts that may begin alike. xgrammar 0.1.27 merges states of such alternatives that differ, and lets
   * texts through that fit none; what stands in a rule that it does not inline is safe. It inlines none that can be empty, so each
   * part is followed by one that only a byte which no token has could fill.
   */
  oneOf(parts: readonly string[]): string {
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return this.add(only);
    const emptyPart = this.add(`${nothing} | ${byteOf([[noByte - 1, noByte]])}`);
    return this.add(
      parts.map((part) => (part === nothing ? part : this.add(`${part} ${emptyPart}`))).join(' | '),
    );
  }

  /** The rule with this key, which is made the first time; its body may refer to itself. */
  named(key: string, make: () => string): string {
    const known = this.#nameByKey.get(key);
    if (known !== undefined) return known;
    const name = this.reserve();
    this.#nameByKey.set(key, name);
    this.define(name, make());
    return name;
  }

  /** A name for a rule that refers to itself: it is defined later. */
  reserve(): string {
    const name = `r${this.#bodies.size}`;
    this.#bodies.set(name, '');
    return name;
  }

  define(name: string, body: string): void {
    this.#bytes += body.length;
    if (this.#bytes > this.#maxBytes) {
      throw new MillraceError(
        'unsupported_value',
        `${this.#param} makes a grammar of more than ${this.#maxBytes} bytes`,
        { param: this.#param },
      );
    }
    this.#bodies.set(name, body);
  }

  /** The grammar, whose answers are those of `root`. */
  toGrammar(root: string): string {
    const rules = Array.from(this.#bodies, ([name, body]) => `${name} ::= ${body}`);
    return [`root ::= ${root}`, ...rules, ''].join('\n');
  }
}
