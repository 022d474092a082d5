import type { CommandGroup } from './command-group.ts';
import { wrong } from './read-options.ts';

const command = 'millrace';

const help = `Completion of the commands for a shell.

npm run --silent millrace -- completion bash|zsh|fish

It completes the command ${command}, which is not there by itself:

  alias ${command}='npm run --silent --prefix /path/to/millrace millrace --'
  source <(npm run --silent millrace -- completion bash)
`;

/** Prints what a shell completes the commands with. */
export function completionGroup(groups: readonly CommandGroup[]): CommandGroup {
  const scripts: Readonly<Record<string, string>> = {
    bash: bashOf(groups),
    zsh: `autoload -U bashcompinit\nbashcompinit\n${bashOf(groups)}`,
    fish: fishOf(groups),
  };
  return {
    name: 'completion',
    summary: 'completion of these commands for bash, zsh and fish',
    help,
    verbs: { bash: [], zsh: [], fish: [] },
    read(args) {
      const [shell, ...others] = args.filter((each) => each !== '--json');
      const text = shell === undefined ? undefined : scripts[shell];
      if (shell === undefined || text === undefined || others.length > 0)
        throw wrong(`completion takes one of ${Object.keys(scripts).join(', ')}.`);
      return () => Promise.resolve({ text, json: { shell, script: text }, isGood: true });
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
    .flatMap(({ name, summary, verbs }) => [
      `complete -c ${command} -f -n __fish_use_subcommand -a ${name} -d '${summary.replaceAll("'", '')}'`,
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
