import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createCodec } from '@millrace/contracts';
import { MillraceError, readSettings } from '@millrace/runtime';
import type { CommandGroup } from '../command-group.ts';
import type { LiveOutput } from '../live-output.ts';
import { readOptions, wrong } from '../read-options.ts';
import { tailSettings, type TailSettings } from './config.ts';
import { createMessageDecoder } from './message-decoder.ts';
import { createValueView } from './shown-value.ts';
import { encodings, splitMessages, type Encoding } from './split-messages.ts';
import { written } from './tail-group.ts';
import { openWireSchemas } from './wire-schemas.ts';

const help = `Shows messages that are at hand: Avro in single-object encoding or in the wire format of a registry, or JSON.

  decode FILE...         files
  decode -               the standard input

  --encoding HOW     raw: the input is one message; base64, hex: one a line; framed: each behind its length, 32 bits big endian
                     (kcat -f %R%s); auto: what it looks like (the default)
  --registry URL     where schemas are by their ids (MILLRACE_SCHEMA_REGISTRY_URL)
  --json             a JSON object a line: schema, version, value
  -h, --help         this text

  npm run millrace -- decode message.bin
  nats stream get CLOSED 1042 --json | jq -r .data | npm run --silent millrace -- decode - --json
  kcat -b localhost:9092 -C -t millrace.billing.v1 -e -f '%R%s' | npm run --silent millrace -- decode - --encoding framed --registry http://localhost:8081

Exit codes: 0 all was decoded; 1 an error, or a message could not be; 2 the command line is wrong.
`;

export const decodeGroup: CommandGroup = {
  name: 'decode',
  help,
  verbs: {},
  read(args) {
    const { values, positionals } = readOptions(args, {
      json: { type: 'boolean' },
      encoding: { type: 'string', default: 'auto' },
      registry: { type: 'string' },
    });
    if (positionals.length === 0) throw wrong('decode needs a file, or - for the standard input.');
    const { encoding, registry } = values as { readonly encoding: string; readonly registry?: string };
    if (!isEncoding(encoding))
      throw wrong(`--encoding is ${encoding}: it must be one of ${encodings.join(', ')}.`);
    return async (context) => {
      const settings = readSettings(tailSettings, {
        ...context.environment,
        ...(registry === undefined ? {} : { MILLRACE_SCHEMA_REGISTRY_URL: registry }),
      });
      let isGood = true;
      const outcome = await written(context, async (output) => {
        isGood = await decodeFiles(
          { files: positionals, encoding, isJson: context.isJson },
          settings,
          output,
        );
      });
      return { ...outcome, isGood };
    };
  },
};

interface DecodeOptions {
  readonly files: readonly string[];
  readonly encoding: Encoding;
  readonly isJson: boolean;
}

/** @returns whether every message could be decoded */
async function decodeFiles(
  { files, encoding, isJson }: DecodeOptions,
  settings: TailSettings,
  output: LiveOutput,
): Promise<boolean> {
  const codec = createCodec();
  const view = createValueView(codec);
  const wire =
    settings.registryUrl === undefined ? undefined : openWireSchemas(settings, view, output.signal);
  const decoder = createMessageDecoder(codec, view, wire);
  let failed = 0;
  try {
    for (const file of files) {
      let number = 0;
      for (const message of splitMessages(await contentOf(file, settings), encoding)) {
        number += 1;
        if (output.signal.aborted) return true;
        try {
          const { schema, version, value } = await decoder.decode(message);
          const heading = `${schema}${version === undefined ? '' : ` v${version}`}`;
          await output.write(
            isJson
              ? `${JSON.stringify({ schema, version, value })}\n`
              : `${heading}\n${JSON.stringify(value, null, 2)}\n`,
          );
        } catch (error) {
          const { code, message: why } = MillraceError.from(error);
          if (code !== 'message_corrupt' && code !== 'schema_unknown') throw error;
          failed += 1;
          await output.write(
            isJson
              ? `${JSON.stringify({ file, number, error: { code, message: why } })}\n`
              : `${file}, message ${number}: ${why}\n`,
          );
        }
      }
    }
  } finally {
    await wire?.stop();
  }
  return failed === 0;
}

async function contentOf(file: string, settings: TailSettings): Promise<Uint8Array> {
  if (file === '-') return buffer(process.stdin);
  const at = path.resolve(settings.workingFolder, file);
  try {
    return await readFile(at);
  } catch (cause) {
    throw new MillraceError('part_missing', `${at} cannot be read.`, { cause });
  }
}

function isEncoding(text: string): text is Encoding {
  return (encodings as readonly string[]).includes(text);
}
