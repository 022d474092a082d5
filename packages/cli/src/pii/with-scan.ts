import path from 'node:path';
import { defaultMinScore, entityTypes } from '@millrace/pii-detectors/types';
import type { CommandGroup } from '../command-group.ts';
import { readOptions, wrong } from '../read-options.ts';

const help = `
npm run --silent millrace -- pii scan [FILE] [--types TYPE,…] [--min-score N] [--model FOLDER]

  reads JSON Lines {"id": …, "text": …} from FILE or the standard input, and writes for each
  {"id": …, "spans": [{"start": …, "end": …, "type": …, "score": …}]}, as soon as it is there. Offsets count UTF-16 code units, as
  JavaScript does; spans come in order and don't overlap. It needs neither npm start nor a network.

  --types TYPE,…  only these, by default all:
${columns(entityTypes)}
                  LOCATION has addresses of streets with it; they are shown as STREET_ADDRESS where that is named here,
                  else as LOCATION
  --min-score N   what is less sure is left out: 0 to 1 (${defaultMinScore})
  --model FOLDER  an ONNX model that finds persons, organisations and places in the place of the embedded rules: model.onnx,
                  tokenizer.json, and config.json (token classification) or gliner_config.json (GLiNER)

Lines that cannot be read are named with their number on the standard error, and the rest is scanned; the exit code is then 1.
What each type is checked for: docs/reference/pii.md.

Examples:
  npm run --silent millrace -- pii scan texts.jsonl > found.jsonl
  echo '{"id":1,"text":"Call Ada Moyo on +44 20 7946 0958"}' | npm run --silent millrace -- pii scan
  npm run --silent millrace -- pii scan texts.jsonl --types EMAIL_ADDRESS,IBAN_CODE --min-score 0.8
  npm run --silent millrace -- pii scan texts.jsonl --types LOCATION,STREET_ADDRESS
  npm run --silent millrace -- pii scan texts.jsonl --types PERSON --model models/ner
`;

/** The group with the command that finds personal data in files, without any service. */
export function withScan(group: CommandGroup): CommandGroup {
  const verbs = { ...group.verbs, scan: ['types', 'min-score', 'model'] };
  return {
    ...group,
    help: `${group.help}${help}`,
    verbs,
    read(args) {
      const [verb, ...rest] = args;
      if (verb === undefined || !Object.hasOwn(verbs, verb))
        throw wrong(`${group.name} needs one of ${Object.keys(verbs).join(', ')}.`);
      return verb === 'scan' ? readScan(rest) : group.read(args);
    },
  };
}

function readScan(args: readonly string[]): ReturnType<CommandGroup['read']> {
  const { values, positionals } = readOptions(args, {
    types: { type: 'string' },
    'min-score': { type: 'string' },
    model: { type: 'string' },
  });
  const [file, ...others] = positionals;
  if (others.length > 0) throw wrong('pii scan takes one file at most.');
  const types = typesOf(values['types'] as string | undefined);
  const minScore = scoreOf(values['min-score'] as string | undefined);
  const model = values['model'] as string | undefined;
  return async ({ settings, input, output, writeError, startProgress }) => {
    // Its detectors weigh 100 MB, which no other command needs.
    const { scan } = await import('./scan.ts');
    return scan(
      {
        file: file === undefined ? undefined : path.resolve(settings.workingFolder, file),
        types,
        minScore,
        model: model === undefined ? undefined : path.resolve(settings.workingFolder, model),
      },
      { input, output, writeError, startProgress },
    );
  };
}

function typesOf(list: string | undefined): readonly string[] | undefined {
  const types = list?.split(',').map((type) => type.trim());
  const unknown = types?.find((type) => !(entityTypes as readonly string[]).includes(type));
  if (unknown !== undefined)
    throw wrong(`--types has ${JSON.stringify(unknown)}: it must be of ${entityTypes.join(', ')}.`);
  return types;
}

function scoreOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const score = Number(value);
  if (value.trim() === '' || !(score >= 0 && score <= 1))
    throw wrong(`--min-score is ${value}: 0 to 1 is allowed.`);
  return score;
}

function columns(names: readonly string[]): string {
  const lines: string[] = [];
  for (let index = 0; index < names.length; index += 4)
    lines.push(
      `                  ${names
        .slice(index, index + 4)
        .map((name) => name.padEnd(20))
        .join('')
        .trimEnd()}`,
    );
  return lines.join('\n');
}
