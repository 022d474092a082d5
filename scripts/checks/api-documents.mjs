import { join } from 'node:path';
import { createConfig, lint } from '@redocly/openapi-core';
import { root } from '../setup/set-up.mjs';

// The documents of the API, against the rules of their specifications and some of our own.
const documents = [
  'docs/reference/openapi.json',
  'docs/reference/admin-openapi.json',
  'docs/reference/asyncapi.json',
];
const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    'info-license': 'error',
    // The data of server-sent events, which the specification has no place for, is named in their description.
    'no-unused-components': 'off',
    // The discriminator is for the validator: it makes one error of three.
    'no-illogical-composition-keywords': 'off',
    'no-invalid-media-type-examples': 'error',
    'no-ambiguous-paths': 'error',
    'operation-description': 'off',
    'operation-operationId': 'error',
    'operation-operationId-unique': 'error',
    'operation-operationId-url-safe': 'error',
    'operation-tag-defined': 'error',
    'tags-alphabetical': 'off',
    'tag-description': 'error',
    'no-server-example.com': 'off',
    'no-server-trailing-slash': 'off',
  },
});

for (const document of documents) {
  const problems = await lint({ ref: join(root, document), config });
  for (const { ruleId, message, location } of problems) {
    const [{ pointer = '' } = {}] = location;
    process.stdout.write(`${document} ${pointer}: ${message} (${ruleId})\n`);
    process.exitCode = 1;
  }
}
