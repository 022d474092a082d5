import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type { Counter, Gauge, Histogram } from 'prom-client';

export interface MetricOptions<Label extends string> {
  /** Snake case with the unit at the end: `millrace_request_duration_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly Label[];
}

export interface HistogramOptions<Label extends string> extends MetricOptions<Label> {
  /** Upper bounds, in the unit of the name; by default from 1 ms to 60 s. */
  readonly buckets?: readonly number[];
}

export interface CounterOptions<Label extends string> extends MetricOptions<Label> {
  /** For what is counted elsewhere: says the count for each set of labels when the metrics are asked for. */
  readonly collect?: (set: (labels: Readonly<Record<Label, string>>, count: number) => void) => void;
}

export interface GaugeOptions<Label extends string> extends MetricOptions<Label> {
  /** Sets the values when the metrics are asked for. */
  readonly collect?: (gauge: Gauge<Label>) => void;
}

/** Metrics of a process. A name is made once: who asks for it again gets the same one, so services share a registry. */
export interface Metrics {
  counter<Label extends string = never>(options: CounterOptions<Label>): Counter<Label>;
  gauge<Label extends string = never>(options: GaugeOptions<Label>): Gauge<Label>;
  histogram<Label extends string = never>(options: HistogramOptions<Label>): Histogram<Label>;
  /** CPU, memory, event loop and garbage collection of the process; once, however often it is called. */
  collectProcessMetrics(): void;
  /** The exposition of Prometheus. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** @param registry of prom-client; by default a new one, so nothing is shared by accident */
export function createMetrics(registry: Registry = new Registry()): Metrics {
  let collectsProcess = false;
  const once = <Made>(name: string, kind: new (...args: never[]) => Made, make: () => Made): Made => {
    const existing: unknown = registry.getSingleMetric(name);
    if (existing === undefined) return make();
    if (existing instanceof kind) return existing;
    throw new TypeError(`The metric ${name} exists already and is of another kind`);
  };
  return {
    counter: <Label extends string>({ collect, ...options }: CounterOptions<Label>) =>
      once<Counter<Label>>(
        options.name,
        Counter,
        () =>
          new Counter({
            ...options,
            labelNames: options.labelNames ?? [],
            registers: [registry],
            ...(collect === undefined
              ? {}
              : {
                  collect() {
                    this.reset();
                    collect((labels, count) => this.inc(labels, count));
                  },
                }),
          }),
      ),
    gauge: <Label extends string>({ collect, ...options }: GaugeOptions<Label>) =>
      once<Gauge<Label>>(
        options.name,
        Gauge,
        () =>
          new Gauge({
            ...options,
            labelNames: options.labelNames ?? [],
            registers: [registry],
            ...(collect === undefined
              ? {}
              : {
                  collect() {
                    collect(this);
                  },
                }),
          }),
      ),
    histogram: <Label extends string>(options: HistogramOptions<Label>) =>
      once<Histogram<Label>>(
        options.name,
        Histogram,
        () =>
          new Histogram({
            ...options,
            labelNames: options.labelNames ?? [],
            buckets: [...(options.buckets ?? secondsBuckets)],
            registers: [registry],
          }),
      ),
    collectProcessMetrics() {
      if (collectsProcess) return;
      collectsProcess = true;
      collectDefaultMetrics({ register: registry });
    },
    async expose() {
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
