/** Whatever was started and has to be stopped. `stop` may be called twice. */
export interface Stoppable {
  stop(): Promise<void>;
}
