export { coalesceWrites } from './coalesce-writes.ts';
export { systemClock, type Clock, type Timer } from './clock.ts';
export { formatDuration, parseDurationMs } from './duration.ts';
export { errorCodes, type ErrorCode, type ErrorCodeFacts } from './error-codes.ts';
export { healthRoutes, type HealthCheck, type HealthOptions } from './health-routes.ts';
export { startHealthServer, type HealthServer } from './health-server.ts';
export { endWithProcess } from './end-with-process.ts';
export { recordOwners, stopLeftOver, type LeftOverOptions } from './left-over-process.ts';
export { stopInReverse } from './lifecycle.ts';
export { listen, type ListenOptions } from './listen.ts';
export { createLogger, logLevels, type Logger, type LoggerOptions, type LogLevel } from './logger.ts';
export { createOutageLog, type OutageLog } from './outage-log.ts';
export { ManualClock } from './manual-clock.ts';
export {
  createMetrics,
  type Counter,
  type Gauge,
  type Histogram,
  type GaugeOptions,
  type HistogramOptions,
  type MetricOptions,
  type Metrics,
} from './metrics.ts';
export { MillraceError, type MillraceErrorOptions } from './millrace-error.ts';
export { lookUpPublic } from './public-address.ts';
export { readPublicUrl, type PublicUrlOptions } from './public-url.ts';
export { seededRandom, systemRandom, type RandomSource } from './random-source.ts';
export { retry, type RetryOptions } from './retry.ts';
export { runMain, type RunMainOptions } from './run-main.ts';
export { Secret } from './secret.ts';
export type { SerializedError } from './serialize-error.ts';
export { setting, type Setting, type SettingKind } from './setting.ts';
export {
  defineSettings,
  describeSettings,
  readSettings,
  type SettingDescription,
  type SettingsDefinition,
  type SettingsOf,
} from './settings.ts';
export { requireShallowJson } from './shallow-json.ts';
export { shorten } from './shorten.ts';
export type { Stoppable } from './stoppable.ts';
export { readConfigFile } from './read-config-file.ts';
export { createIdGenerator, madeAt, uuidv7, uuidv7Of, type IdGenerator } from './uuid-v7.ts';
export { compileValidator, type Validator } from './validator.ts';
export { requireWellFormed } from './well-formed.ts';
export { processIdentity, type ProcessIdentity } from './process-identity.ts';
