// Only what Biome cannot see: rules that need types.
import tseslint from 'typescript-eslint';

const wallClock = [
  "MemberExpression[object.name='Date'][property.name='now']",
  "NewExpression[callee.name='Date']",
  "CallExpression[callee.name='Date']",
  "MemberExpression[property.name='wallMs']",
].map((selector) => ({
  selector,
  message: 'The wall clock jumps. Durations, timeouts and deadlines are told by Clock.monotonicMs or performance.now.',
}));

/**
 * Where the time of day is what is meant: the clock itself, `created` in answers, when a request came or a span began, the name
 * of a file set aside, the age of what is kept over restarts, the doctor.
 */
const tellsTimeOfDay = [
  'src/cli/doctor/time.ts',
  'src/core/clock.ts',
  'src/gateway/answer-route.ts',
  'src/gateway/routes/model-body.ts',
  'src/gateway/routes/responses.ts',
  'src/ollama/codec.ts',
  'src/store/response-store.ts',
  'src/telemetry/request-journal.ts',
  'src/telemetry/traces/trace-fold.ts',
  'src/workers/registry/registry-file.ts',
  'src/workers/registry/registry-store.ts',
];

export default tseslint.config(
  {
    files: ['src/**/*.ts'],
    ignores: ['src/**/*.test.ts', ...tellsTimeOfDay],
    languageOptions: { parser: tseslint.parser },
    rules: { 'no-restricted-syntax': ['error', ...wallClock] },
  },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
    },
  },
);
