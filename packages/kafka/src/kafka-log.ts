import { logLevel, type KafkaConfig } from 'kafkajs';
import type { Logger } from '@millrace/runtime';

const levels = {
  [logLevel.ERROR]: 'debug',
  [logLevel.WARN]: 'debug',
  [logLevel.INFO]: 'trace',
  [logLevel.DEBUG]: 'trace',
  [logLevel.NOTHING]: 'trace',
} as const;

/**
 * What the client says goes to our logger, for debugging: it calls an error each try that it follows by another one. What it gives up
 * it throws, and whoever catches that says so. Its stack traces are left out.
 */
export function logInto(logger: Logger): Pick<KafkaConfig, 'logLevel' | 'logCreator'> {
  return {
    logLevel: logger.isLevelEnabled('trace') ? logLevel.INFO : logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, level, log }) => {
        const { message, timestamp: _at, stack: _stack, logger: _name, groupId, topic, error } = log;
        logger[levels[level]](
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
