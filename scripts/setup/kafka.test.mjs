import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { provideKafka } from './kafka.mjs';
import { SetUpError } from './set-up-error.mjs';

describe('Kafka for the tests', () => {
  let folder;
  let lines;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace set-up '));
    lines = [];
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** What there is of a workshop where nothing has to be fetched. */
  function workshop(environment) {
    return {
      environment: { PATH: folder, ...environment },
      parts: { kafka: { minimumJava: 17 } },
      reporter: { line: (text) => lines.push(text) },
    };
  }

  function writeJava(version) {
    const path = join(folder, 'java');
    writeFileSync(path, `#!/bin/sh\necho 'openjdk version "${version}" 2025-01-01' >&2\n`);
    chmodSync(path, 0o755);
  }

  it('is left out with a loud line where there is no Java, and in CI that is an error', async () => {
    expect(await provideKafka(workshop({}))).toEqual({});
    expect(lines.join('\n')).toMatch(/THE TESTS OF KAFKA ARE SKIPPED: java was not found/u);
    const inCi = provideKafka(workshop({ CI: 'true' }));
    await expect(inCi).rejects.toThrow(SetUpError);
    await expect(inCi).rejects.toThrow(
      /Kafka and the schema registry of the tests are missing: java was not/u,
    );
  });

  it('is left out where Java is too old', async () => {
    writeJava('11.0.2');
    expect(await provideKafka(workshop({}))).toEqual({});
    expect(lines.join('\n')).toContain('java is of version 11, 17 or newer is needed');
  });

  it('is taken from the folders that are named', async () => {
    writeJava('17.0.15');
    const named = {
      MILLRACE_KAFKA_JARS: '/kafka',
      MILLRACE_REGISTRY_JARS: '/registry',
      MILLRACE_JAVA_CLIENT_JARS: '/clients',
    };
    expect(await provideKafka(workshop(named))).toEqual({ MILLRACE_JAVA: 'java', ...named });
  });
});
