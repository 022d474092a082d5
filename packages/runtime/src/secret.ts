import { inspect } from 'node:util';

const hidden = '[secret]';

/** A value that no log, JSON, template or inspection shows: only {@link Secret.reveal} hands it out. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}
