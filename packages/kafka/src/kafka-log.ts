import { logLevel, type KafkaConfig } from 'kafkajs';
import type { Logger } from '@millrace/runtime';

const levels = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'debug',
  [logLevel.DEBUG]: 'trace',
  [logLevel.NOTHING]: 'trace',
} as const;

/**
 * What the client says goes to our logger. It calls an error what it then tries again, so nothing of it is worse than a warning;
 * its stack traces are left out, and what it says of each request and rebalance is for debugging.
 */
export function logInto(logger: Logger): Pick<KafkaConfig, 'logLevel' | 'logCreator'> {
  return {
    logLevel: logger.isLevelEnabled('debug') ? logLevel.INFO : logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, level, log }) => {
        const { message, timestamp: _at, stack: _stack, logger: _name, groupId, topic, error } = log;
        const found = levels[level];
        logger[found === 'error' ? 'warn' : found](
          {
            detail: message,
            namespace,
            groupId,
            topic,
            reason: typeof error === 'string' ? error : undefined,
          },
          'the Kafka client says',
        );
      },
  };
}
