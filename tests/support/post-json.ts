import type { Cluster } from '@millrace/embedded';

/** Posts to a path of ingress, such as `/v1/generate`, with the API key of the cluster. */
export function postJson(
  { ingressUrl, apiKey }: Pick<Cluster, 'ingressUrl' | 'apiKey'>,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${ingressUrl}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
