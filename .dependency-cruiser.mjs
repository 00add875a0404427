// The one-way road of docs/ARCHITECTURE.md: a folder imports lower ranks only, siblings never meet,
// and another folder is entered through its index.ts alone.
const ranks = [
  ['core'],
  ['config', 'openai', 'answer-formats', 'ipc', 'locks'],
  ['anthropic', 'ollama'],
  ['images', 'models', 'scheduler', 'store', 'workers', 'telemetry'],
  ['inference'],
  ['gateway'],
  ['cli'],
];

const upOrSideways = ranks.flatMap((folders, rank) =>
  folders.map((folder) => ({
    name: `${folder}-imports-lower-ranks-only`,
    severity: 'error',
    from: { path: `^src/${folder}/` },
    to: {
      path: `^src/(${[...ranks.slice(rank).flat(), 'llama-worker'].filter((other) => other !== folder).join('|')})/`,
    },
  })),
);

export default {
  forbidden: [
    ...upOrSideways,
    {
      name: 'llama-worker-is-a-separate-program',
      severity: 'error',
      from: { path: '^src/llama-worker/' },
      to: { path: '^src/(?!core/|ipc/|llama-worker/)' },
    },
    {
      name: 'other-folders-through-their-index',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/([^/]+)/.+', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'no-file-imports-its-own-index',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: 'index\\.ts$' },
      to: { path: '^src/$1/index\\.ts$' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependencies-in-src',
      severity: 'error',
      from: { path: '^src', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
