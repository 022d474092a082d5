import { eq } from '@millrace/store/sql';
import { MillraceError } from '@millrace/runtime';
import type { ChatMessage, DataPolicies, RequestContent, ToolCall } from '@millrace/stage';
import { dataPolicies, inTransaction, trainingExamples } from '@millrace/store';
import type { PersonalDataDependencies } from '../data-subject.ts';
import { defaultTrainingMs } from '../policy/data-policy.ts';
import { maskExample, type TrainingExample } from './mask-example.ts';

/** A request whose client has consented that it is kept, and its answer. */
export interface ConsentedAnswer {
  readonly tenant: string;
  readonly keyId: string;
  readonly user: string | null;
  readonly requestId: string;
  readonly model: string;
  readonly content: Pick<RequestContent, 'messages' | 'tools'>;
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: string;
}

/** Answers that ended as their model wanted it. */
const wholeEnds: ReadonlySet<string> = new Set(['stop', 'tool_calls']);

/**
 * Whether requests of the tenant may consent.
 *
 * @throws `permission_denied` where they may not
 */
export function requireTrainingAllowed(policies: Pick<DataPolicies, 'of'>, tenant: string): void {
  if (policies.of(tenant).trainingAllowed) return;
  throw new MillraceError(
    'permission_denied',
    'consent is true, and the policy of the tenant does not allow that requests are kept for training.',
    { param: 'consent' },
  );
}

/**
 * Keeps a request and its answer as a training example: personal data that is found is replaced, the rest is sealed under the key of
 * whoever asked. What broke off or was cut is not kept, nor what the tenant does not allow.
 *
 * @returns whether it is kept
 * @throws `database_unavailable`
 */
export async function keepExample(
  { database, sealing, clock }: Pick<PersonalDataDependencies, 'database' | 'sealing' | 'clock'>,
  answer: ConsentedAnswer,
): Promise<boolean> {
  if (!wholeEnds.has(answer.finishReason) || answer.content.messages.length === 0) return false;
  const { tenant, user, keyId, requestId, model } = answer;
  const box = await sealing.forUser(tenant, user);
  const example = JSON.stringify(maskExample(exampleOf(answer)));
  const content = box.seal(Buffer.from(example, 'utf8'), `${requestId}:example`);
  return inTransaction(database, async (transaction) => {
    const [policy] = await transaction
      .select()
      .from(dataPolicies)
      .where(eq(dataPolicies.tenant, tenant))
      .for('share');
    if (policy?.trainingAllowed !== true) return false;
    const now = clock.now();
    const expiresAt = new Date(now + (policy.trainingMs ?? defaultTrainingMs));
    await transaction
      .insert(trainingExamples)
      .values({ requestId, tenant, keyId, user, model, content, createdAt: new Date(now), expiresAt })
      .onConflictDoNothing();
    return true;
  });
}

function exampleOf({ content, text, toolCalls }: ConsentedAnswer): TrainingExample {
  const { messages, tools } = content;
  const answer: ChatMessage = {
    role: 'assistant',
    content: text,
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
  };
  return { messages: [...messages, answer], ...(tools === undefined ? {} : { tools }) };
}
