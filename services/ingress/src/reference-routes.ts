import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import folderOfThePage from 'swagger-ui-dist/absolute-path.js';
import { openApiDocument } from './openapi.ts';

/** Nothing from elsewhere. The page styles its elements itself. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Millrace API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', deepLinking: true, validatorUrl: null });
`;

/** What the page needs of the package that it is made of. */
const assets = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
} as const;

const browserMayKeep = 'public, max-age=3600';

/** A fastify plugin with the OpenAPI document at `/openapi.json`, and a page at `/docs` that shows it and tries it out. */
export function referenceRoutes(app: FastifyInstance, _options: object, done: () => void): void {
  const document = JSON.stringify(openApiDocument());
  const folder = folderOfThePage();

  app.get('/openapi.json', (_request, reply) => send(reply, 'application/json; charset=utf-8', document));
  app.get('/docs', (_request, reply) => send(reply, 'text/html; charset=utf-8', page));
  app.get('/docs/start.js', (_request, reply) => send(reply, 'text/javascript; charset=utf-8', start));
  for (const [name, type] of Object.entries(assets)) {
    // Read once: anybody may ask for it, as often as he likes.
    let content: Promise<Buffer> | undefined;
    app.get(`/docs/${name}`, async (_request, reply) => {
      content ??= readFile(join(folder, name));
      return send(reply, type, await content);
    });
  }
  done();
}

function send(reply: FastifyReply, type: string, content: string | Buffer): FastifyReply {
  return reply
    .headers({ 'content-security-policy': contentSecurityPolicy, 'cache-control': browserMayKeep })
    .type(type)
    .send(content);
}
