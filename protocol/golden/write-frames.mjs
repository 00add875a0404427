// Writes frames.json: every message type once, as value and as bytes. Run it when the protocol changes, and read the diff.
//   npm run build && node protocol/golden/write-frames.mjs
import { writeFileSync } from 'node:fs';
import { readBlockFrame } from '../../dist/ipc/block-frame.js';
import { encodeFrame, parseFromWorker, parseToWorker } from '../../dist/ipc/index.js';

const sampling = {
  temperature: 0.7,
  topP: 0.9,
  topK: 40,
  minP: 0.05,
  seed: 9007199254740991,
  repetitionPenalty: 1.1,
  presencePenalty: -0.5,
  frequencyPenalty: 0.5,
  logitBias: [[17, -100]],
};

const toWorker = {
  load: {
    type: 'load',
    protocol: 3,
    workerId: 'a1',
    model: 'org/name',
    path: '/models/org/name',
    contextLength: null,
    maxBatch: 8,
    promptCacheBytes: 1073741824,
    decodeStallTargetMs: 500,
  },
  'load-tuned': {
    type: 'load',
    protocol: 3,
    workerId: 'a3',
    model: 'org/name',
    path: '/models/org/name',
    contextLength: null,
    maxBatch: 8,
    promptCacheBytes: 0,
    decodeStallTargetMs: null,
    cacheTokens: 65536,
    kvBits: 8,
    draftPath: '/models/org/small',
    adapterPath: '/adapters/one',
  },
  'generate-chat': {
    type: 'generate',
    id: 'r1',
    input: {
      kind: 'chat',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', name: 'Zoë', content: 'Grüße 🦊' },
      ],
    },
    sampling,
    stop: ['\n\n', 'END'],
    maxTokens: 64,
    topLogprobs: 5,
    constraint: null,
    resume: [1, 2, 49151],
    breakAfter: 40,
    goOnWith: '</think>',
  },
  'generate-tools': {
    type: 'generate',
    id: 'r5',
    input: {
      kind: 'chat',
      messages: [
        { role: 'user', content: 'Is it cold in Oslo?' },
        {
          role: 'assistant',
          content: '',
          toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' }],
          reasoning: 'I must look.',
        },
        { role: 'tool', content: '-4', toolCallId: 'call_1' },
      ],
      tools: '[{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}]',
      templateOptions: '{"enable_thinking":true}',
    },
    sampling,
    stop: [],
    maxTokens: 8,
    topLogprobs: null,
    constraint: {
      form: {
        kind: 'tagged',
        tags: [
          {
            begin: '<tool_call>\n{"name": "weather", "arguments": ',
            schema: '{"type":"object"}',
            end: '}\n</tool_call>',
          },
        ],
        separator: '\n',
        many: true,
        trigger: '<tool_call>',
      },
      after: '</think>',
    },
    resume: [],
  },
  'generate-images': {
    type: 'generate',
    id: 'r4',
    input: {
      kind: 'chat',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', width: 2, height: 1, pixels: Buffer.from([255, 0, 0, 0, 0, 255]) },
          ],
        },
      ],
    },
    sampling,
    stop: [],
    maxTokens: 8,
    topLogprobs: null,
    constraint: null,
    resume: [],
  },
  'generate-text': {
    type: 'generate',
    id: 'r2',
    input: { kind: 'text', text: 'Once upon' },
    sampling: { ...sampling, temperature: 0, logitBias: [], seed: 0 },
    stop: [],
    maxTokens: null,
    topLogprobs: null,
    constraint: null,
    resume: [],
  },
  'generate-tokens': {
    type: 'generate',
    id: 'r3',
    input: { kind: 'tokens', tokenIds: [0, 128, 65536] },
    sampling,
    stop: [],
    maxTokens: 1,
    topLogprobs: 0,
    constraint: null,
    resume: [],
  },
  'load-tokenizer': {
    type: 'load',
    protocol: 3,
    workerId: 'a2',
    model: 'org/name',
    path: '/models/org/name',
    contextLength: 4096,
    maxBatch: 1,
    promptCacheBytes: 0,
    decodeStallTargetMs: null,
    purpose: 'tokenize',
  },
  'generate-scored': {
    type: 'generate',
    id: 'r6',
    input: { kind: 'tokens', tokenIds: [1, 2, 3] },
    sampling,
    stop: [],
    maxTokens: 0,
    topLogprobs: 2,
    constraint: null,
    resume: [],
    ending: { minTokens: 4, ignoreEnd: true, stopTokenIds: [7, 65536] },
    promptLogprobs: 2,
  },
  tokenize: { type: 'tokenize', id: 'r7', input: { kind: 'text', text: 'Once upon' }, addSpecial: true },
  detokenize: { type: 'detokenize', id: 'r8', tokenIds: [0, 128, 65536] },
  embed: { type: 'embed', id: 'r9', inputs: ['Grüße 🦊', [1, 2]] },
  cancel: { type: 'cancel', id: 'r1' },
  pause: { type: 'pause', id: 'r1' },
  continue: { type: 'continue', id: 'r1' },
  ping: { type: 'ping', nonce: 7 },
  shutdown: { type: 'shutdown' },
};

const fromWorker = {
  ready: {
    type: 'ready',
    protocol: 3,
    engine: 'mlx-text',
    engineVersion: '0.32.2',
    device: 'cpu',
    contextLength: 8192,
    vocabularySize: 49152,
    sequences: 8,
    pausable: 8,
    memoryBytes: 98765432,
  },
  'prefill-progress-chat': {
    type: 'prefill-progress',
    id: 'r1',
    processed: 0,
    total: 12,
    cached: 0,
    promptEnd: '<|im_start|>assistant\n<think>\n',
  },
  'prefill-progress': { type: 'prefill-progress', id: 'r1', processed: 512, total: 950, cached: 0 },
  step: {
    type: 'step',
    deltas: [
      { id: 'r1', tokenIds: [504], text: 'The' },
      {
        id: 'r2',
        tokenIds: [7, 9],
        text: '',
        logprobs: [
          {
            tokenId: 7,
            text: '�',
            logprob: -0.25,
            top: [
              { tokenId: 7, text: '�', logprob: -0.25 },
              { tokenId: 8, text: 'a', logprob: -2 },
            ],
          },
          { tokenId: 9, text: 'b', logprob: 0, top: [] },
        ],
      },
    ],
  },
  paused: { type: 'paused', id: 'r1' },
  'end-stop': {
    type: 'end',
    id: 'r1',
    finishReason: 'stop',
    stopSequence: 'END',
    usage: { promptTokens: 950, cachedTokens: 512, completionTokens: 12 },
    timings: { prefillMs: 12.5, decodeMs: 340.25 },
  },
  'end-length': {
    type: 'end',
    id: 'r2',
    finishReason: 'length',
    stopSequence: null,
    usage: { promptTokens: 3, cachedTokens: 0, completionTokens: 1 },
    timings: { prefillMs: 0, decodeMs: 0 },
  },
  'error-request': {
    type: 'error',
    id: 'r1',
    code: 'context_length_exceeded',
    message: 'The prompt has 9000 tokens; the model takes 8192.',
    param: 'messages',
  },
  'error-worker': { type: 'error', id: null, code: 'load_failed', message: 'no weights', param: null },
  pong: { type: 'pong', nonce: 7 },
  'prompt-logprobs': {
    type: 'prompt-logprobs',
    id: 'r6',
    entries: [
      { tokenId: 1, text: 'a', logprob: null, top: [] },
      { tokenId: 2, text: 'b', logprob: -1.5, top: [{ tokenId: 3, text: 'c', logprob: -0.5 }] },
    ],
  },
  tokens: { type: 'tokens', id: 'r7', tokenIds: [1, 65536] },
  text: { type: 'text', id: 'r8', text: 'Grüße 🦊' },
  embeddings: {
    type: 'embeddings',
    id: 'r9',
    dimensions: 2,
    vectors: Buffer.from(new Float32Array([0.6, 0.8, -1, 0]).buffer),
    tokenCounts: [3, 2],
  },
};

const name = '/mlx-abcdefghijklmnopqrstuvwxyz';
const either = {
  'block-names': { type: 'block-names', names: [name] },
  block: { type: 'block', number: 0, name, length: 65537, checksum: 4294967295 },
  'block-taken': { type: 'block-taken', number: 0 },
  'block-refused': { type: 'block-refused', number: 4294967295 },
  'block-inline': { type: 'block-inline', number: 1, body: Buffer.from([0, 255]) },
};

const entries = (messages, direction, parse) =>
  Object.entries(messages).map(([name, value]) => ({
    name,
    direction,
    value: parse(value),
    hex: encodeFrame(parse(value)).toString('hex'),
  }));

const frames = [
  ...entries(toWorker, 'to-worker', parseToWorker),
  ...entries(fromWorker, 'from-worker', parseFromWorker),
  ...entries(either, 'either', readBlockFrame),
];
/** JSON has no bytes: they stand as base64. */
const plain = (_key, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64') : value);
writeFileSync(new URL('frames.json', import.meta.url), `${JSON.stringify(frames, plain, 1)}\n`);
