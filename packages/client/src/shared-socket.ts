import { orAborted } from './sleep.ts';
import { SocketConnection, type SocketConnectionOptions } from './socket-connection.ts';

export interface SharedSocketOptions extends SocketConnectionOptions {
  /** A connection without requests is closed after so long. */
  readonly idleLimitMs: number;
}

/** A connection that is in use. */
export interface Lease {
  readonly connection: SocketConnection;
  /** The connection is no longer used. */
  release(): void;
}

/** The one WebSocket of a client, which all streams share. It is opened when it is needed, and closed when it is not. */
export class SharedSocket {
  readonly #options: SharedSocketOptions;
  #connection: SocketConnection | undefined;
  #leases = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #ids = 0;
  #aside: SharedSocket | undefined;

  constructor(options: SharedSocketOptions) {
    this.#options = options;
  }

  /** A name for a request that no other one has. */
  nextId(): string {
    this.#ids += 1;
    return `r${this.#ids}`;
  }

  /** A second connection: a request can be read only once on each. */
  aside(): SharedSocket {
    this.#aside ??= new SharedSocket(this.#options);
    return this.#aside;
  }

  /**
   * A connection that is ready; tries once.
   *
   * @throws MillraceApiError, MillraceConnectionError, the signal's reason
   */
  async lease(signal?: AbortSignal): Promise<Lease> {
    signal?.throwIfAborted();
    if (this.#connection === undefined || this.#connection.isLost) {
      this.#connection = new SocketConnection(this.#options);
    }
    const connection = this.#connection;
    this.#leases += 1;
    clearTimeout(this.#idle);
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      this.#leases -= 1;
      if (this.#leases === 0) this.#idle = setTimeout(() => this.#rest(), this.#options.idleLimitMs);
    };
    try {
      await orAborted(connection.ready, signal);
      return { connection, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Ends the connection. Streams that are not over open another one. */
  close(): void {
    clearTimeout(this.#idle);
    this.#aside?.close();
    this.#rest();
  }

  #rest(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }
}
