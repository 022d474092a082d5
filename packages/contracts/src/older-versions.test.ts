import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCodec } from './codec.ts';
import type { SchemaName } from './generated/events.ts';
import { schemaFolder } from './schema-files.ts';

const codec = createCodec();

/** A message as the first version of its schema wrote it. */
function firstVersion(name: SchemaName): Buffer {
  const fixture = readFileSync(join(schemaFolder, 'fixtures', `${name}.v1.json`), 'utf8');
  return Buffer.from((JSON.parse(fixture) as { readonly bytes: string }).bytes, 'base64');
}

describe('what the first version wrote', () => {
  it.each(['request.received', 'request.admitted', 'request.scrubbed'] as const)(
    '%s may be answered from the cache, by its own model alone',
    (name) => {
      expect(codec.decode(name, firstVersion(name))).toMatchObject({ cache: 'AUTO', fallbacks: [] });
    },
  );

  it.each(['request.closed', 'billing.charged'] as const)('%s was not answered from the cache', (name) => {
    expect(codec.decode(name, firstVersion(name))).toMatchObject({ cache: null });
  });

  it.each(['request.received', 'request.admitted', 'request.scrubbed'] as const)(
    '%s asks for one choice, without penalties and log-probabilities',
    (name) => {
      expect(codec.decode(name, firstVersion(name)).parameters).toMatchObject({
        min_p: 0,
        repetition_penalty: 1,
        presence_penalty: 0,
        frequency_penalty: 0,
        n: 1,
        logprobs: null,
      });
    },
  );

  it('result.chunk belongs to the only choice', () => {
    const chunk = codec.decode('result.chunk', firstVersion('result.chunk'));
    expect(chunk).toMatchObject({ choice: 0, opened: { choices: 1 }, finished: { finish_reasons: [] } });
  });

  it('request.closed ended the only choice', () => {
    expect(codec.decode('request.closed', firstVersion('request.closed'))).toMatchObject({
      finish_reasons: [],
    });
  });

  it('audit.recorded is of a closing, without what it costs', () => {
    expect(codec.decode('audit.recorded', firstVersion('audit.recorded'))).toMatchObject({
      source_stream: 'CLOSED',
      charge: null,
    });
  });

  it('model.ready is a model that generates', () => {
    expect(codec.decode('model.ready', firstVersion('model.ready'))).toMatchObject({
      operations: ['generate'],
    });
  });
});
