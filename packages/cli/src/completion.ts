import type { CommandGroup } from './command-group.ts';
import { groupSummaries } from './group-names.ts';
import { wrong } from './read-options.ts';

const command = 'millrace';

const help = `Completion of the commands for a shell.

npm run --silent millrace -- completion bash|zsh|fish

It completes the command ${command}, which is not there by itself:

  alias ${command}='npm run --silent --prefix /path/to/millrace millrace --'
  source <(npm run --silent millrace -- completion bash)
`;

const scripts: Readonly<Record<string, (groups: readonly CommandGroup[]) => string>> = {
  bash: bashOf,
  zsh: (groups) => `autoload -U bashcompinit\nbashcompinit\n${bashOf(groups)}`,
  fish: fishOf,
};

/** Prints what a shell completes the commands of these groups with. */
export function completionGroup(loadGroups: () => Promise<readonly CommandGroup[]>): CommandGroup {
  return {
    name: 'completion',
    help,
    verbs: { bash: [], zsh: [], fish: [] },
    read(args) {
      const [shell, ...others] = args.filter((each) => each !== '--json');
      const scriptOf = shell === undefined ? undefined : scripts[shell];
      if (scriptOf === undefined || others.length > 0)
        throw wrong(`completion takes one of ${Object.keys(scripts).join(', ')}.`);
      return async () => {
        const text = scriptOf(await loadGroups());
        return { text, json: { shell, script: text }, isGood: true };
      };
    },
  };
}

function bashOf(groups: readonly CommandGroup[]): string {
  const cases = groups.flatMap(({ name, verbs }) => [
    `    ${name}) words="${Object.keys(verbs).join(' ')}" ;;`,
    ...Object.entries(verbs).map(
      ([verb, options]) =>
        `    "${name} ${verb}") words="${[...options, 'json', 'help'].map(flag).join(' ')}" ;;`,
    ),
  ]);
  return `_${command}() {
  local words="" before="\${COMP_WORDS[*]:1:$((COMP_CWORD < 3 ? COMP_CWORD - 1 : 2))}"
  case "$before" in
    "") words="${groups.map(({ name }) => name).join(' ')} completion" ;;
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${command} ${command}
`;
}

function fishOf(groups: readonly CommandGroup[]): string {
  return groups
    .flatMap(({ name, verbs }) => [
      `complete -c ${command} -f -n __fish_use_subcommand -a ${name} -d '${groupSummaries[name].replaceAll("'", '')}'`,
      ...Object.entries(verbs).flatMap(([verb, options]) => [
        `complete -c ${command} -f -n '__fish_seen_subcommand_from ${name}' -a ${verb}`,
        ...options.map(
          (option) =>
            `complete -c ${command} -n '__fish_seen_subcommand_from ${name}; and __fish_seen_subcommand_from ${verb}' -l ${option}`,
        ),
      ]),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

const flag = (option: string): string => `--${option}`;
