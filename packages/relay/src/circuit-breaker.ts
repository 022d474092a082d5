import CircuitBreaker from 'opossum';
import { MillraceError, type Metrics, type Stoppable } from '@millrace/runtime';

export interface CircuitBreakerOptions {
  /** Names the circuit in metrics. */
  readonly name: string;
  /** What a caller is told instead of the error of the part behind it. */
  readonly message: string;
  /** How long calls are refused at once, before one is let through to try again. */
  readonly breakMs: number;
  readonly metrics: Metrics;
}

/** A call to another part, which is not made while that part fails: whoever calls then learns so at once. */
export interface GuardedCall<Argument, Result> extends Stoppable {
  /** @throws `unavailable`, with the error of the call as its cause, saying when to come back */
  call(argument: Argument): Promise<Result>;
}

/** Calls within the last 10 s from which on half of them failing opens the circuit. */
const fewestCalls = 5;

/** @param action has a time limit of its own; rejects when the part behind it fails, not when it says no */
export function guardCall<Argument, Result>(
  action: (argument: Argument) => Promise<Result>,
  { name, message, breakMs, metrics }: CircuitBreakerOptions,
): GuardedCall<Argument, Result> {
  const calls = metrics.counter({
    name: 'millrace_gateway_circuit_calls_total',
    help: 'Calls to another part, by result: success, failure, or refused since the circuit was open.',
    labelNames: ['circuit', 'result'],
  });
  const open = metrics.gauge({
    name: 'millrace_gateway_circuit_open',
    help: '1 while calls to another part are refused at once, since it fails.',
    labelNames: ['circuit'],
  });
  open.set({ circuit: name }, 0);
  const breaker = new CircuitBreaker(action, {
    timeout: false,
    resetTimeout: breakMs,
    volumeThreshold: fewestCalls,
    errorThresholdPercentage: 50,
    name,
  });
  breaker.on('success', () => calls.inc({ circuit: name, result: 'success' }));
  breaker.on('failure', () => calls.inc({ circuit: name, result: 'failure' }));
  breaker.on('reject', () => calls.inc({ circuit: name, result: 'refused' }));
  breaker.on('open', () => open.set({ circuit: name }, 1));
  breaker.on('close', () => open.set({ circuit: name }, 0));
  return {
    async call(argument) {
      try {
        return await breaker.fire(argument);
      } catch (error) {
        throw new MillraceError('unavailable', message, { cause: error, retryAfterMs: breakMs });
      }
    },
    async stop() {
      breaker.shutdown();
    },
  };
}
