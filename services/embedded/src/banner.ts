import type { Embedded } from './start-embedded.ts';

/** What a person sees once everything is ready. */
export function banner({ url, credentials, folder, model }: Embedded): string {
  const webSocketUrl = `${url.replace(/^http/, 'ws')}/v1/stream`;
  return `
Millrace is ready.

  HTTP        ${url}/v1/generate
  WebSocket   ${webSocketUrl}
  Admin       ${url}/admin/v1, or npm run millrace -- --help
  Model       ${model.name} (${model.version}, context ${model.context_length})
  API key     ${credentials.api_key}
              also in ${folder.credentials}
  Data        ${folder.path}
  Logs        ${folder.logs}

Try:
  curl -N ${url}/v1/generate -H "Authorization: Bearer ${credentials.api_key}" \\
    -H "Content-Type: application/json" -d '{"prompt":"What is the capital of France?","stream":true}'

Ctrl-C stops it.
`;
}
