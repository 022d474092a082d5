import { compileValidator, MillraceError, parseDurationMs, readConfigFile } from '@millrace/runtime';
import { topicsSchema, type TopicEntry, type TopicFormat, type TopicsFile } from './topics-schema.ts';

/** How the records of a topic are read. */
export interface RequestTopic {
  readonly tenant: string;
  readonly queue: string;
  readonly format: TopicFormat;
  readonly answersFormat: TopicFormat;
  readonly answersInChunks: boolean;
  readonly orderedByKey: boolean;
  readonly priority: 'high' | 'normal' | 'low' | undefined;
  /** From the time of the record. */
  readonly deadlineMs: number | undefined;
}

/** Where the answers of a queue go. */
export interface AnswerRoute {
  /** Whole answers, errors and the ends of answers in pieces. */
  readonly answers: string;
  /** Pieces; without it they are left out. */
  readonly chunks: string | undefined;
  readonly format: TopicFormat;
}

/** The topics that requests come from and those that their answers go to. */
export interface Topics {
  /** Undefined for a topic that no pattern fits. */
  requestTopic(topic: string): RequestTopic | undefined;
  /** Undefined for a queue whose answers are on NATS alone. */
  answerRoute(tenant: string, queue: string): AnswerRoute | undefined;
  /** Each topic that answers go to. */
  readonly answerTopics: readonly string[];
  /** Whether some requests or answers are in Avro, for which there has to be a registry. */
  readonly needRegistry: boolean;
}

const param = 'MILLRACE_KAFKA_TOPICS';

/** @throws `config_invalid` naming the place in the file and what is allowed */
export async function readTopics(path: string): Promise<Topics> {
  const { topics } = await readConfigFile(path, param, compileValidator<TopicsFile>(topicsSchema));
  return topicsOf(topics, path);
}

/** @param path of the file, for the errors */
export function topicsOf(entries: readonly TopicEntry[], path: string): Topics {
  const patterns = entries.map((entry) => ({ fits: patternOf(entry.pattern), topic: requestTopicOf(entry) }));
  const routes = new Map<string, AnswerRoute | undefined>();
  for (const [index, entry] of entries.entries()) {
    const place = `${path}: topics[${index}]`;
    if (entry.chunks !== undefined && entry.answers === undefined)
      throw invalid(
        `${place} has chunks, but no answers: the end of an answer has to go to a topic as well.`,
      );
    const name = routeName(entry.tenant, entry.queue);
    const route = routeOf(entry);
    if (routes.has(name) && JSON.stringify(routes.get(name)) !== JSON.stringify(route))
      throw invalid(
        `${place} sends the answers of the queue ${JSON.stringify(entry.queue)} of ${JSON.stringify(entry.tenant)} elsewhere than an entry before it: a queue has one answers, one chunks and one answersFormat.`,
      );
    routes.set(name, route);
  }
  const answerTopics = [
    ...new Set(
      [...routes.values()].flatMap((route) =>
        route === undefined ? [] : [route.answers, ...(route.chunks === undefined ? [] : [route.chunks])],
      ),
    ),
  ];
  const loop = answerTopics.find((topic) => patterns.some(({ fits }) => fits.test(topic)));
  if (loop !== undefined)
    throw invalid(
      `${path}: answers go to ${JSON.stringify(loop)}, which a pattern fits: they would be read as requests.`,
    );
  return {
    requestTopic: (topic) => patterns.find(({ fits }) => fits.test(topic))?.topic,
    answerRoute: (tenant, queue) => routes.get(routeName(tenant, queue)),
    answerTopics,
    needRegistry: entries.some(
      (entry) => (entry.format ?? 'avro') === 'avro' || routeOf(entry)?.format === 'avro',
    ),
  };
}

function patternOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`, 'u');
}

function requestTopicOf(entry: TopicEntry): RequestTopic {
  const { tenant, queue, format = 'avro', answersFormat = format, chunks, orderedByKey = false } = entry;
  return {
    tenant,
    queue,
    format,
    answersFormat,
    answersInChunks: chunks !== undefined,
    orderedByKey,
    priority: entry.priority,
    deadlineMs: entry.deadline === undefined ? undefined : parseDurationMs(entry.deadline),
  };
}

function routeOf({
  answers,
  chunks,
  format = 'avro',
  answersFormat = format,
}: TopicEntry): AnswerRoute | undefined {
  return answers === undefined ? undefined : { answers, chunks, format: answersFormat };
}

function routeName(tenant: string, queue: string): string {
  return JSON.stringify([tenant, queue]);
}

function invalid(message: string): MillraceError {
  return new MillraceError('config_invalid', message, { param });
}
