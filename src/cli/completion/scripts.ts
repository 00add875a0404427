// Completion scripts for the shells. Everything about verbs and options in them comes from the program.
import type { CompletedOption, CompletedVerb, Values } from './describe-program.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The verb that lists names of models for the scripts. */
export const namesVerb = 'complete-models';

export function completionScript(shell: Shell, verbs: readonly CompletedVerb[]): string {
  switch (shell) {
    case 'bash':
      return bash(verbs);
    case 'zsh':
      return zsh(verbs);
    case 'fish':
      return fish(verbs);
    default:
      return shell satisfies never;
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const paths = (verbs: readonly CompletedVerb[]): string =>
  verbs
    .filter(({ path }) => path !== '')
    .map(({ path }) => path)
    .join('|');

/** The options that take a value, as `PATH OPTION`, with the way to complete it. */
const takers = (verbs: readonly CompletedVerb[], wayOf: (values: Values) => string): readonly string[] =>
  verbs.flatMap(({ path, options }) =>
    options.flatMap(({ names, values }) =>
      values === undefined ? [] : [`${names.map((name) => quoted(`${path} ${name}`)).join('|')}) ${wayOf(values)} ;;`],
    ),
  );

const optionNames = (options: readonly CompletedOption[]): string => options.flatMap(({ names }) => names).join(' ');

function bash(verbs: readonly CompletedVerb[]): string {
  const way = (values: Values | undefined): string => {
    if (values === undefined || values.kind === 'any') return ':';
    if (values.kind === 'choice') return `_mlxs_words ${quoted(values.choices.join(' '))}`;
    return { file: '_mlxs_paths -f', folder: '_mlxs_paths -d', model: '_mlxs_models' }[values.kind];
  };
  return `# Completion of mlxs for bash: eval "$(mlxs completion bash)"
_mlxs_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_mlxs_paths() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$cur"))
}
_mlxs_models() { _mlxs_words "$("\${COMP_WORDS[0]}" ${namesVerb} 2>/dev/null)"; }
_mlxs() {
  local cur prev word path='' i
  cur="\${COMP_LINE:0:COMP_POINT}"
  cur="\${cur##*[[:space:]]}"
  prev="\${COMP_WORDS[COMP_CWORD - 1]}"
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$path/$word" in
      ${paths(verbs)}) path="$path/$word" ;;
    esac
  done
  case "$path $prev" in
    ${takers(verbs, (values) => `${way(values)}; return`).join('\n    ')}
  esac
  case "$cur" in
    -*)
      case "$path" in
        ${verbs.map(({ path, options }) => `${quoted(path)}) _mlxs_words ${quoted(optionNames(options))} ;;`).join('\n        ')}
      esac
      return
      ;;
  esac
  case "$path" in
    ${verbs
      .map(({ path, verbs: below, values }) => {
        const names = below.map(({ name }) => name).join(' ');
        return `${quoted(path)}) ${below.length > 0 ? `_mlxs_words ${quoted(names)}` : way(values)} ;;`;
      })
      .join('\n    ')}
  esac
  # Bash takes a colon for the end of a word: what stands before it is there already.
  if [[ "$cur" == *:* && "$COMP_WORDBREAKS" == *:* ]]; then
    local before="\${cur%"\${cur##*:}"}"
    for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]="\${COMPREPLY[i]#"$before"}"; done
  fi
}
complete -F _mlxs mlxs mlx-inference-server`;
}

function zsh(verbs: readonly CompletedVerb[]): string {
  const way = (values: Values | undefined): string => {
    if (values === undefined || values.kind === 'any') return ':';
    if (values.kind === 'choice') return `compadd -- ${values.choices.join(' ')}`;
    const model = `compadd -- \${(f)"$($words[1] ${namesVerb} 2>/dev/null)"}`;
    return { file: '_files', folder: '_files -/', model }[values.kind];
  };
  const described = (rows: readonly { readonly name: string; readonly doc: string }[]): string =>
    rows.map(({ name, doc }) => quoted(`${name}:${doc}`)).join(' ');
  const options = (all: readonly CompletedOption[]): string =>
    described(all.flatMap(({ names, doc }) => names.map((name) => ({ name, doc }))));
  return `#compdef mlxs mlx-inference-server
# Completion of mlxs for zsh: eval "$(mlxs completion zsh)"
_mlxs() {
  local verb_path='' word
  local -a rows
  for word in \${words[2,CURRENT-1]}; do
    case "$verb_path/$word" in
      ${paths(verbs)}) verb_path="$verb_path/$word" ;;
    esac
  done
  case "$verb_path \${words[CURRENT-1]}" in
    ${takers(verbs, (values) => `${way(values)}; return`).join('\n    ')}
  esac
  if [[ "$PREFIX" == -* ]]; then
    case "$verb_path" in
      ${verbs.map(({ path, options: all }) => `${quoted(path)}) rows=(${options(all)}) ;;`).join('\n      ')}
    esac
    _describe option rows
    return
  fi
  case "$verb_path" in
    ${verbs
      .map(({ path, verbs: below, values }) => {
        const verb = `rows=(${described(below)}); _describe verb rows`;
        return `${quoted(path)}) ${below.length > 0 ? verb : way(values)} ;;`;
      })
      .join('\n    ')}
  esac
}
compdef _mlxs mlxs mlx-inference-server`;
}

function fish(verbs: readonly CompletedVerb[]): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const way = (values: Values): string => {
    if (values.kind === 'choice') return `-x -a ${quote(values.choices.join(' '))}`;
    const model = `-x -a '(__mlxs_models)'`;
    return { file: '-r -F', folder: `-x -a '(__fish_complete_directories)'`, model, any: '-x' }[values.kind];
  };
  const at = (path: string): string => `complete -c $program -n "__mlxs_at '${path}'"`;
  const option = ({ names, doc, values }: CompletedOption): string => {
    const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
    return `${flags.join(' ')}${values === undefined ? '' : ` ${way(values)}`} -d ${quote(doc)}`;
  };
  const lines = verbs.flatMap(({ path, options, verbs: below, values }) => [
    ...options.map((one) => `${at(path)} ${option(one)}`),
    ...below.map(({ name, doc }) => `${at(path)} -a ${name} -d ${quote(doc)}`),
    ...(below.length > 0 || values === undefined || values.kind === 'any' ? [] : [`${at(path)} ${way(values)}`]),
  ]);
  return `# Completion of mlxs for fish: mlxs completion fish | source
function __mlxs_at
    set -l path ''
    set -l typed (commandline -opc)
    for word in $typed[2..-1]
        switch "$path/$word"
            case ${paths(verbs).replaceAll('|', ' ')}
                set path "$path/$word"
        end
    end
    test "$path" = "$argv[1]"
end
function __mlxs_models
    set -l typed (commandline -opc)
    $typed[1] ${namesVerb} 2>/dev/null
end
for program in mlxs mlx-inference-server
    complete -c $program -f
    ${lines.join('\n    ')}
end`;
}
