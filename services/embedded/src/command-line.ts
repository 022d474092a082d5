import { parseArgs } from 'node:util';
import { authQuotaSettings } from '@millrace/auth-quota';
import { inferenceSettings } from '@millrace/inference/settings';
import { ingressSettings, kafkaSourceSettings } from '@millrace/ingress';
import { providersSettings } from '@millrace/providers';
import { gatewaySettings, relaySettings } from '@millrace/relay';
import { describeSettings, MillraceError, type SettingsDefinition } from '@millrace/runtime';
import { embeddedSettings } from './config.ts';

export interface CommandLine {
  readonly help: boolean;
  /** Answer this one prompt and end. */
  readonly once: string | undefined;
  /** Print one JSON object instead of the answer's text. */
  readonly json: boolean;
}

/** @throws `config_invalid` naming the argument */
export function parseCommandLine(args: readonly string[]): CommandLine {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { help: { type: 'boolean', short: 'h' }, once: { type: 'string' }, json: { type: 'boolean' } },
    });
    if (values.once !== undefined && values.once.trim() === '') {
      throw new MillraceError('config_invalid', '--once needs a prompt that is not empty.');
    }
    if (values.json === true && values.once === undefined) {
      throw new MillraceError('config_invalid', '--json goes with --once "PROMPT".');
    }
    return { help: values.help ?? false, once: values.once, json: values.json ?? false };
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('config_invalid', `${(cause as Error).message.split('. ')[0]}. See --help.`, {
      cause,
    });
  }
}

/** What of the engine is for whoever runs it on one machine. */
const { slots, kvMemoryBytes, prefixCacheBytes, contextLength, threads, provider } = inferenceSettings;
const engineSettings = { slots, kvMemoryBytes, prefixCacheBytes, contextLength, threads, provider };
const { answerCacheBytes, answerCacheKeepMs, semanticThresholds } = inferenceSettings;
const cacheSettings = { answerCacheBytes, answerCacheKeepMs, semanticThresholds };
const limitSettings = {
  requestTimeoutMs: relaySettings.requestTimeoutMs,
  maxTokens: relaySettings.maxTokens,
  maxQueue: authQuotaSettings.maxQueue,
  maxWaiting: inferenceSettings.maxWaiting,
  tenantWeights: inferenceSettings.tenantWeights,
};

const modelSettings = {
  providersFile: providersSettings.providersFile,
  routesFile: relaySettings.routesFile,
};
const topicSettings = {
  kafkaBrokers: kafkaSourceSettings.kafkaBrokers,
  kafkaTopicsFile: kafkaSourceSettings.kafkaTopicsFile,
  registryUrl: kafkaSourceSettings.registryUrl,
};
const clientSettings = {
  corsOrigins: gatewaySettings.corsOrigins,
  trustedProxies: gatewaySettings.trustedProxies,
  webhookPrivate: ingressSettings.webhookPrivate,
};

function linesOf(settings: SettingsDefinition): readonly string[] {
  return describeSettings(settings).map(({ variable, description, defaultText }) =>
    lineOf(variable, `${description}${defaultText === undefined ? '' : ` Default: ${defaultText}.`}`),
  );
}

function lineOf(variable: string, text: string): string {
  return `  ${variable.padEnd(29)}${text}`;
}

/** What `--help` prints. */
export function helpText(): string {
  return [
    'Millrace on one machine: NATS JetStream, PostgreSQL, inference and all services on one port.',
    '',
    'npm start                              run until Ctrl-C',
    'npm start -- --once "PROMPT"           answer one prompt in the terminal, and end',
    'npm start -- --once "PROMPT" --json    the same as one JSON object',
    'npm start -- --help                    this text',
    '',
    'Settings (environment):',
    ...linesOf(embeddedSettings),
    '',
    'The engine:',
    ...linesOf(engineSettings),
    '',
    'Limits:',
    ...linesOf(limitSettings),
    '',
    'The cache of answers:',
    ...linesOf(cacheSettings),
    '',
    'Models of others (docs/reference/providers.md, routes.md):',
    ...linesOf(modelSettings),
    '',
    'Topics of Kafka (users, TLS and more: docs/reference/kafka.md, mirrors.md):',
    ...linesOf(topicSettings),
    '',
    'Clients (more of connections and their limits: docs/reference/limits.md):',
    ...linesOf(clientSettings),
    '',
    'The set-up:',
    lineOf(
      'MILLRACE_MODEL',
      'A GGUF file of the llama or qwen2 architecture. Default: SmolLM2-135M-Instruct, fetched.',
    ),
    lineOf(
      'MILLRACE_EMBEDDING_MODEL',
      'A folder of a sentence-transformers model (BERT, safetensors). Default: all-MiniLM-L6-v2, fetched.',
    ),
    lineOf('MILLRACE_CACHE_DIR', 'Folder that keeps what is fetched. Default: ~/.cache/millrace.'),
    '',
  ].join('\n');
}
