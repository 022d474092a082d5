import { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { notFound, showFile, type FilePurpose, type StoredFile } from '@millrace/jobs';
import { idempotencyKeyOf } from '@millrace/relay';
import { inTransaction } from '@millrace/store';
import { callerOf } from '../caller.ts';
import { fileListParameters } from './file-schema.ts';
import type { KeptRoutesOptions } from './job-routes.ts';
import { createQueryReader, listOf } from './list-query.ts';
import { onDelivered } from './on-delivered.ts';
import { createUploadReader } from './read-upload.ts';

interface FileRoute {
  readonly Params: { readonly id: string };
}

/** A fastify plugin with the files of the OpenAI API. Their content passes through, and is never whole in memory. */
export async function fileRoutes(
  app: FastifyInstance,
  { kept, settings, onError }: KeptRoutesOptions,
): Promise<void> {
  const readUpload = createUploadReader(settings);
  const readList = createQueryReader<{ readonly purpose?: FilePurpose }>(fileListParameters);
  await app.register(multipart, {
    throwFileSizeLimit: false,
    limits: { files: 1, fields: 8, fieldSize: 1_024, headerPairs: 16, fileSize: settings.fileMaxBytes },
  });

  app.post('/v1/files', async (request) => {
    const { principal, client } = callerOf(request);
    const { files, answers, database } = kept();
    const key = idempotencyKeyOf(request);
    const held = key === undefined ? undefined : await answers.hold({ principal, key });
    if (typeof held === 'function') return held((await readUpload(request, undefined)).digest).body;
    const writer = await files.create({
      principal,
      purpose: 'batch',
      name: '',
      retentionMs: settings.fileRetentionMs,
    });
    try {
      const { name, digest, retentionMs } = await readUpload(request, writer);
      client.ended.throwIfAborted();
      await writer.flush();
      return await inTransaction(database, async (transaction) => {
        const body = showFile(await writer.complete(transaction, { name, retentionMs }));
        await held?.answer(transaction, digest, { status: 200, body });
        return body;
      });
    } catch (error) {
      await Promise.all([writer.discard(), held?.giveBack()]);
      throw error;
    }
  });

  app.get('/v1/files', async (request) => {
    const { limit = fileListParameters.limit.default, after, purpose } = readList(request.query);
    const { principal } = callerOf(request);
    const { items, hasMore } = await kept().files.list(principal, { limit, after, purpose });
    return listOf({ items: items.map(showFile), hasMore });
  });

  const find = async (request: Parameters<typeof callerOf>[0], id: string): Promise<StoredFile> => {
    const file = await kept().files.find(callerOf(request).principal, id);
    if (file === undefined) throw notFound('file', 'file_id');
    return file;
  };

  app.get<FileRoute>('/v1/files/:id', async (request) => showFile(await find(request, request.params.id)));

  app.get<FileRoute>('/v1/files/:id/content', async (request, reply) => {
    const file = await find(request, request.params.id);
    const { principal } = callerOf(request);
    onDelivered(reply, () => kept().files.delivered(principal, file.id), onError);
    return reply
      .type('application/octet-stream')
      .header('content-length', file.bytes)
      .send(Readable.from(kept().files.read(file), { objectMode: false }));
  });

  app.delete<FileRoute>('/v1/files/:id', async (request) => {
    const { id } = request.params;
    if (!(await kept().files.remove(callerOf(request).principal, id))) throw notFound('file', 'file_id');
    return { id, object: 'file', deleted: true };
  });
}
