import { subjects, type AnswerGiven, type IntakeParameters, type IntakeRequested } from '@millrace/contracts';
import type { Cluster } from '@millrace/embedded';

/** Nothing but the defaults, as Avro has them. */
export const noParameters: IntakeParameters = {
  max_tokens: null,
  temperature: null,
  top_k: null,
  top_p: null,
  min_p: null,
  repetition_penalty: null,
  presence_penalty: null,
  frequency_penalty: null,
  logit_bias: null,
  seed: null,
  n: null,
  logprobs: null,
  top_logprobs: null,
  stop: null,
  response_format: null,
  tools: null,
  tool_choice: null,
  labels: null,
  source_language: null,
  target_language: null,
  max_words: null,
};
/** As an upstream system writes it, but for what it asks. */
export const emptyRequest: IntakeRequested = {
  correlation_id: null,
  operation: 'generate',
  model: null,
  messages: null,
  input: null,
  parameters: null,
  answer: 'whole',
  priority: null,
  deadline_at: null,
  timeout_ms: null,
  idempotency_key: null,
  cache: null,
  metadata: {},
};

/** A message of an answer as it lies in ANSWERS. */
export interface StoredAnswer {
  readonly answer: AnswerGiven;
  readonly headers: Readonly<Record<string, string>>;
  readonly subject: string;
}

/** Publishes a request as JSON. */
export async function publishIntake(
  { platform }: Pick<Cluster, 'platform'>,
  subject: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const payload = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const { sequence } = await platform.bus.publish({ subject, payload, headers });
  return sequence;
}

/** All that is in ANSWERS for a tenant, oldest first, whatever format it is in. */
export async function readAnswers(
  { platform: { bus, codec } }: Pick<Cluster, 'platform'>,
  tenant: string,
): Promise<readonly StoredAnswer[]> {
  const answers: StoredAnswer[] = [];
  for await (const { payload, headers, subject } of bus.read('ANSWERS', subjects.answersOf(tenant))) {
    const isAvro = payload[0] === 0xc3;
    const answer = isAvro
      ? codec.decode('answer.given', payload)
      : (JSON.parse(Buffer.from(payload).toString('utf8')) as AnswerGiven);
    answers.push({ answer, headers, subject });
  }
  return answers;
}

const pollMs = 25;

/** Waits until so many answers of a tenant have ended. @throws the signal's reason */
export async function untilAnswered(
  cluster: Pick<Cluster, 'platform'>,
  tenant: string,
  count: number,
  signal: AbortSignal,
): Promise<readonly StoredAnswer[]> {
  for (;;) {
    const answers = await readAnswers(cluster, tenant);
    if (answers.filter(({ answer }) => answer.kind !== 'CHUNK').length >= count) return answers;
    await cluster.platform.clock.sleep(pollMs, signal);
  }
}
