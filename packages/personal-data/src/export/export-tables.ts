import { and, eq, isNotNull } from '@millrace/store/sql';
import {
  apiKeys,
  batches,
  batchLines,
  filePieces,
  files,
  jobs,
  keptAnswers,
  ledger,
  memberships,
  tenants,
  trainingExamples,
  users,
  webhookDeliveries,
} from '@millrace/store';
import { belongsTo, type DataSubject, type PersonalDataDependencies } from '../data-subject.ts';
import { contentStores } from '../erasure/stores.ts';
import type { ExportRecord } from './export-record.ts';
import { openerFor } from './open-sealed.ts';
import { rowsOf } from './pages.ts';

type Records = AsyncGenerator<ExportRecord, void, undefined>;
type Dependencies = Pick<PersonalDataDependencies, 'database' | 'sealing'>;

/** What the database has of a subject: the names first, then the content, then the ledger. */
export async function* exportTables(dependencies: Dependencies, subject: DataSubject): Records {
  yield* exportNames(dependencies, subject);
  yield* exportJobs(dependencies, subject);
  yield* exportFiles(dependencies, subject);
  yield* exportBatches(dependencies, subject);
  yield* exportAnswers(dependencies, subject);
  yield* exportWebhooks(dependencies, subject);
  yield* exportExamples(dependencies, subject);
  yield* exportLedger(dependencies, subject);
}

async function* exportNames({ database }: Dependencies, { tenant, user }: DataSubject): Records {
  if (user === null) {
    for await (const row of rowsOf(database, tenants, tenants.id, eq(tenants.id, tenant)))
      yield { type: 'tenant', ...row };
  } else {
    // The profile is the organisation's to hand out.
    for await (const { profile: _profile, ...row } of rowsOf(database, users, users.id, eq(users.id, user)))
      yield { type: 'user', ...row };
    const own = and(eq(memberships.user, user), eq(memberships.tenant, tenant));
    for await (const row of rowsOf(database, memberships, memberships.role, own))
      yield { type: 'membership', ...row };
  }
  const ownKeys = and(eq(apiKeys.tenant, tenant), user === null ? undefined : eq(apiKeys.user, user));
  for await (const { hash: _hash, ...row } of rowsOf(database, apiKeys, apiKeys.id, ownKeys))
    yield { type: 'api_key', ...row };
}

async function* exportJobs({ database, sealing }: Dependencies, subject: DataSubject): Records {
  for await (const row of rowsOf(database, jobs, jobs.id, belongsTo(subject, jobs))) {
    const { request, result, runner: _runner, leaseUntil: _lease, ...rest } = row;
    const opener = await openerFor(sealing, row.tenant, row.user);
    yield {
      ...rest,
      type: row.kind,
      request: opener.json(`${row.id}:request`, request),
      result: opener.json(`${row.id}:result`, result),
    };
  }
}

async function* exportFiles({ database, sealing }: Dependencies, subject: DataSubject): Records {
  const complete = and(belongsTo(subject, files), isNotNull(files.completedAt));
  for await (const { name, ...row } of rowsOf(database, files, files.id, complete)) {
    const opener = await openerFor(sealing, row.tenant, row.user);
    yield { type: 'file', ...row, name: opener.text(`${row.id}:name`, name) };
    const ofFile = eq(filePieces.fileId, row.id);
    for await (const { number, content } of rowsOf(database, filePieces, filePieces.number, ofFile, 4))
      yield {
        type: 'file_content',
        file_id: row.id,
        number,
        base64: opener.base64(`${row.id}:${number}`, content),
      };
  }
}

async function* exportBatches({ database, sealing }: Dependencies, subject: DataSubject): Records {
  for await (const row of rowsOf(database, batches, batches.id, belongsTo(subject, batches))) {
    const { details, errors, runner: _runner, leaseUntil: _lease, ...rest } = row;
    const opener = await openerFor(sealing, row.tenant, row.user);
    yield {
      type: 'batch',
      ...rest,
      details: opener.json(`${row.id}:details`, details),
      errors: opener.json(`${row.id}:errors`, errors),
    };
    const ofBatch = eq(batchLines.batchId, row.id);
    for await (const line of rowsOf(database, batchLines, batchLines.number, ofBatch))
      yield {
        type: 'batch_line',
        batch_id: row.id,
        number: line.number,
        status: line.status,
        request: opener.json(`${row.id}:${line.number}:request`, line.request),
        result: opener.json(`${row.id}:${line.number}:result`, line.result),
      };
  }
}

async function* exportAnswers({ database, sealing }: Dependencies, { tenant, user }: DataSubject): Records {
  const own = belongsTo({ tenant, user }, { tenant: keptAnswers.tenant, user: keptAnswers.user });
  for await (const row of rowsOf(database, keptAnswers, keptAnswers.key, own)) {
    const place = Buffer.from(row.key).toString('hex');
    const opener = await openerFor(sealing, row.tenant, row.user);
    yield {
      type: 'kept_answer',
      created_at: row.createdAt,
      expires_at: row.expiresAt,
      status: row.status,
      answer: opener.json(`${place}:answer`, row.answer),
    };
  }
}

/** Where webhooks go is the tenant's; their secrets are left out. */
async function* exportWebhooks({ database }: Dependencies, subject: DataSubject): Records {
  const own = contentStores.find(({ table }) => table === webhookDeliveries)?.isOf(subject);
  for await (const row of rowsOf(database, webhookDeliveries, webhookDeliveries.id, own))
    yield {
      type: 'webhook',
      id: row.id,
      about: row.subjectId,
      created_at: row.createdAt,
      attempts: row.attempts,
      outcome: row.outcome,
    };
}

async function* exportExamples({ database, sealing }: Dependencies, subject: DataSubject): Records {
  const { requestId } = trainingExamples;
  for await (const row of rowsOf(
    database,
    trainingExamples,
    requestId,
    belongsTo(subject, trainingExamples),
  )) {
    const opener = await openerFor(sealing, row.tenant, row.user);
    const { content, ...rest } = row;
    yield { type: 'training_example', ...rest, example: opener.json(`${row.requestId}:example`, content) };
  }
}

async function* exportLedger({ database }: Dependencies, { tenant, user }: DataSubject): Records {
  const own = and(eq(ledger.tenant, tenant), user === null ? undefined : eq(ledger.user, user));
  for await (const row of rowsOf(database, ledger, ledger.entryNumber, own))
    yield { type: 'ledger_entry', ...row };
}
