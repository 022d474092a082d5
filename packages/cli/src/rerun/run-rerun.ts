import { randomUUID } from 'node:crypto';
import { createAdminClient, type AdminClient } from '../admin/admin-client.ts';
import type { CliSettings } from '../config.ts';
import type { StartProgress } from '../progress.ts';
import { MillraceError, systemClock } from '@millrace/runtime';
import { askModel, textOf, unmeasured, type Answer, type AskOptions } from './ask-model.ts';
import type { Answered, RerunHead, RerunResult } from './rerun-result.ts';
import { openResultFile, type ResultFile } from './result-file.ts';
import { similarityOf } from './similarity.ts';

export interface RerunOrder {
  readonly tenant: string;
  readonly model: string;
  /** A model, or `recorded`. */
  readonly against: string;
  /** Those that this model was asked alone. */
  readonly of: string | undefined;
  readonly limit: number;
  readonly concurrency: number;
  readonly maxTokens: number;
  readonly keepAnswers: boolean;
  readonly file: string;
}

export interface Rerun {
  readonly head: RerunHead;
  readonly results: readonly RerunResult[];
  readonly withdrawn: number;
}

interface Example {
  readonly messages: readonly {
    readonly role: string;
    readonly content?: string;
    readonly tool_calls?: readonly object[];
  }[];
  readonly tools?: readonly object[];
}

const page = 100;
export const recorded = 'recorded';

/**
 * Runs the stored requests of a tenant against a model, and writes what came of each into a file: the same command goes on with it. Whether there still
 * is consent is asked right before each is run, and once more at the end: what was taken back since is in no figure.
 *
 * @throws as the clients of the administration and the models
 */
export async function runRerun(
  settings: CliSettings,
  order: RerunOrder,
  startProgress: StartProgress,
  signal: AbortSignal,
): Promise<Rerun> {
  const admin = await createAdminClient(settings);
  const asking = await findModels(settings, signal);
  const file = await openResultFile(order.file, headOf(order));
  const ids = await consentedIds(admin, order);
  const waiting = ids.filter((id) => !file.results.has(id));
  const report = startProgress(`running ${ids.length} examples`);
  let done = ids.length - waiting.length;
  const workers = Array.from({ length: order.concurrency }, async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const result = await runOne(admin, asking, order, file, id);
      if (result !== undefined) await file.add(result);
      done += 1;
      report(done / ids.length);
    }
  });
  await whole(workers, waiting);
  const still = new Set(await consentedIds(admin, order));
  const results = [...file.results.values()].filter(({ request_id }) => still.has(request_id));
  return { head: file.head, results, withdrawn: file.results.size - results.length };
}

/** The first failure ends them all. */
async function whole(workers: readonly Promise<void>[], waiting: string[]): Promise<void> {
  const ended = await Promise.allSettled(
    workers.map((worker) =>
      worker.catch((error: unknown) => {
        waiting.length = 0;
        throw error;
      }),
    ),
  );
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
}

function headOf({ tenant, model, against, maxTokens }: RerunOrder): RerunHead {
  return {
    type: 'rerun',
    version: 1,
    id: randomUUID(),
    tenant,
    model,
    against,
    max_tokens: maxTokens,
    started_at: new Date().toISOString(),
  };
}

/** Where models are asked, and as whom: that is who is charged. */
async function findModels(settings: CliSettings, signal: AbortSignal): Promise<AskOptions> {
  const { apiUrl, rerunKey } = settings;
  if (rerunKey === undefined)
    throw new MillraceError(
      'config_invalid',
      'MILLRACE_RERUN_API_KEY is not set: it is the key that the requests are charged to, of whichever tenant is to pay for them.',
      { param: 'MILLRACE_RERUN_API_KEY' },
    );
  return { url: apiUrl, apiKey: rerunKey.reveal(), clock: systemClock, signal };
}

async function consentedIds(
  admin: AdminClient,
  { tenant, of, limit }: RerunOrder,
): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await admin({
      method: 'GET',
      path: `/tenants/${encodeURIComponent(tenant)}/consented-requests`,
      query: {
        limit: String(Math.min(page, limit - ids.length)),
        ...(of === undefined ? {} : { model: of }),
        ...(cursor === undefined ? {} : { cursor }),
      },
    });
    ids.push(
      ...(body['data'] as readonly { readonly request_id: string }[]).map(({ request_id }) => request_id),
    );
    cursor = (body['next_cursor'] as string | null) ?? undefined;
  } while (cursor !== undefined && ids.length < limit);
  return ids;
}

/** @returns undefined where the consent was taken back */
async function runOne(
  admin: AdminClient,
  asking: AskOptions,
  order: RerunOrder,
  { head }: ResultFile,
  id: string,
): Promise<RerunResult | undefined> {
  const example = await findExample(admin, order.tenant, id);
  if (example === undefined) return undefined;
  const given = example.messages.at(-1);
  const ask = (model: string, side: string): Promise<Answer> =>
    askModel(asking, {
      model,
      messages: example.messages.slice(0, -1),
      tools: example.tools,
      maxTokens: order.maxTokens,
      idempotencyKey: `rerun:${head.id}:${id}:${side}`,
    });
  const baseline =
    order.against === recorded
      ? unmeasured(textOf(given?.content, given?.tool_calls), null)
      : await ask(order.against, 'baseline');
  const candidate = await ask(order.model, 'candidate');
  const isAnswered = baseline.error === null && candidate.error === null;
  const similarity = isAnswered ? similarityOf(baseline.text, candidate.text) : 0;
  return {
    type: 'result',
    request_id: id,
    baseline: withoutText(baseline),
    candidate: withoutText(candidate),
    equal: isAnswered && baseline.text === candidate.text,
    similarity,
    ...(order.keepAnswers ? { texts: [baseline.text, candidate.text] as const } : {}),
  };
}

async function findExample(admin: AdminClient, tenant: string, id: string): Promise<Example | undefined> {
  try {
    const path = `/tenants/${encodeURIComponent(tenant)}/consented-requests/${encodeURIComponent(id)}`;
    return (await admin({ method: 'GET', path })).body as unknown as Example;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'resource_not_found') return undefined;
    throw error;
  }
}

function withoutText({ text: _text, ...answered }: Answer): Answered {
  return answered;
}
