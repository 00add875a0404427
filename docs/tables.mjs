// The pages that are printed from tables. Pure, so that a test can compare them with what is committed.

const code = (text) => (text === null ? '' : `\`${text}\``);
const row = (cells) => `| ${cells.join(' | ')} |`;

/** Page of every setting. `settings` is the table of src/config/settings.ts. */
export function configurationPage({ settingNames, settings, fileKey }) {
  const rows = settingNames.map((name) => {
    const { env, flag, shownDefault, doc, reload = 'at a restart' } = settings[name];
    const key = name === 'configFile' ? '' : code(fileKey(name));
    return row([code(env), code(flag), key, shownDefault, doc, reload]);
  });
  return `# Configuration

Printed from the table in \`src/config/settings.ts\` by \`docs/write-tables.mjs\`; do not edit.

Flags win over the environment, the environment over the configuration file, the file over the default. All problems are
reported at once, each with its place, and the start is refused with exit code 2. \`mlx-inference-server config print\`
shows every value and where it comes from, \`config check\` only what is wrong.

The file is YAML; \`docs/config.schema.json\` (\`config schema\` prints it) is its JSON Schema. It may also hold
\`aliases\`, a map of names to models, and \`models\`, settings of single models; a reload changes both at once, but
for \`context_length\`, \`kv_bits\`, \`draft_model\`, \`adapter\` and \`prompt_cache\`, which count at the next load of the
model. What these do, and on which engine, is in [tuning.md](tuning.md).

\`\`\`yaml
aliases:
  small: starter/smollm2-135m-instruct
models:
  starter/smollm2-135m-instruct:
    ttl: 3600              # seconds without use after which it is unloaded
    context_length: 4096   # tokens of prompt and answer, at the most
    kv_bits: 8             # bits of a number in the KV cache: 4 or 8
    adapter: lora/support  # LoRA adapter, its path from the folder of this file
    draft_model: org/small # proposes tokens to this model
    prompt_cache: 2        # gigabytes kept of prompts; 0 keeps none
    sampling:              # of requests that do not say: temperature, top_p, top_k, min_p, repetition_penalty
      temperature: 0.2
  starter/shapes-vlm:
    pin: true              # once loaded it is unloaded by hand only: no idle time, no room for others
\`\`\`

Settings of \`org/name\` hold for \`org/name:TAG\` too, unless that has its own. A model whose engine cannot do what
\`kv_bits\`, \`draft_model\` or \`adapter\` asks for does not load, and says why.

${row(['variable', 'flag of serve', 'key in the file', 'default', 'meaning', 'a change in the file counts'])}
${row(['---', '---', '---', '---', '---', '---'])}
${rows.join('\n')}
`;
}

/** Page of every error code. `errorTable` is the table of src/core/server-error.ts. */
export function errorsPage({ errorCodes, errorTable }) {
  const rows = errorCodes.map((name) => {
    const { status, type, retryable } = errorTable[name];
    return row([code(name), status, code(type), retryable ? 'yes, after `Retry-After`' : 'no']);
  });
  return `# Errors

Printed from the table in \`src/core/server-error.ts\` by \`docs/write-tables.mjs\`; do not edit.

Every error, on every route, is \`{"error": {"message", "type", "param", "code"}}\` with an \`x-request-id\` header. In a
stream that has begun it is one \`data: {"error": …}\` event, and no \`[DONE]\` follows.

${row(['code', 'HTTP', 'type', 'try again'])}
${row(['---', '---', '---', '---'])}
${rows.join('\n')}
`;
}

const optionsBegin = '<!-- printed from src/openai/options.ts by docs/write-tables.mjs; do not edit -->';
const modelsBegin = '<!-- printed from setup/install/recommended-models.json by docs/write-tables.mjs; do not edit -->';
const tableEnd = '<!-- end of the printed table -->';

const engineNames = ['mlx-text', 'mlx-vision', 'llama'];

/** `page` with what stands between the marks replaced by the table of options. */
export function withOptions(page, options) {
  const endpoints = ({ on }) => on.join(', ');
  const byEngine = ({ verdict, engines = engineNames }) =>
    engineNames.map((engine) => (engines.includes(engine) ? verdict : 'refused'));
  const rows = options.map((option) =>
    row([option.names.map(code).join(', '), endpoints(option), ...byEngine(option), option.doc]),
  );
  return withTable(page, { begin: optionsBegin, titles: ['option', 'of', ...engineNames, ''], rows });
}

/** `page` with what stands between the marks replaced by the models worth having. */
export function withRecommendedModels(page, models) {
  const rows = models.map(({ ramGb, engine, model, sizeGb }) =>
    row([`${ramGb} GB${ramGb === 64 ? ' and more' : ''}`, engine, code(model), `${sizeGb} GB`]),
  );
  return withTable(page, { begin: modelsBegin, titles: ['RAM', 'engine', 'model', 'to download'], rows });
}

function withTable(page, { begin: mark, titles, rows }) {
  const begin = page.indexOf(mark) + mark.length;
  const end = page.indexOf(tableEnd);
  if (begin < mark.length || end < begin) throw new Error(`the page has no place for this table: ${mark}`);
  const head = [row(titles), row(titles.map(() => '---'))];
  return `${page.slice(0, begin)}\n\n${[...head, ...rows].join('\n')}\n\n${page.slice(end)}`;
}
