// Asks the server what its starter models surely know: a capital in words of both text engines, a shape of the vision engine.
import { SetupFailure } from '../failure.mjs';

const limitMs = 300_000;
const capital = 'What is the capital of France?';

export const textChecks = [
  { name: 'text (llama.cpp)', model: 'starter/smollm2-135m-instruct-gguf' },
  { name: 'text (MLX)', model: 'starter/smollm2-135m-instruct' },
].map(({ name, model }) => ({
  name,
  run: (options) => ask({ ...options, model, content: capital, expected: /\bParis\b/ }),
}));

export const visionCheck = {
  name: 'vision (MLX)',
  async run(options) {
    const content = [
      { type: 'text', text: 'What is in the image?' },
      { type: 'image_url', image_url: { url: await redCircle() } },
    ];
    return await ask({ ...options, model: 'starter/shapes-vlm', content, expected: /red circle/ });
  },
};

/** @returns {Promise<string>} the answer and how long it took; throws a SetupFailure when it is none or a wrong one */
async function ask({ server, signal, model, content, expected }) {
  const startedMs = performance.now();
  const body = { model, messages: [{ role: 'user', content }], temperature: 0, max_tokens: 32 };
  const { ok, status, answer } = await post(`${server.api}/v1/chat/completions`, { body, server, signal });
  if (!ok) throw new SetupFailure({ cause: `${model}: ${answer.error?.message ?? `status ${status}`}` });
  const text = answer.choices[0].message.content;
  if (!expected.test(text))
    throw new SetupFailure({ cause: `${model} answered ${JSON.stringify(text)}, which is not ${expected}` });
  return `"${text.trim()}" in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}

async function post(url, { body, server, signal }) {
  const late = new AbortController(); // Held by its timer; an AbortSignal.timeout inside of AbortSignal.any is not.
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${limitMs / 1000} s`)), limitMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...server.headers },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, late.signal]),
    });
    return { ok: response.ok, status: response.status, answer: await response.json() };
  } finally {
    clearTimeout(timer);
  }
}

/** Drawn here, by the library that the server reads pictures with. */
async function redCircle() {
  const { default: sharp } = await import('sharp');
  const drawing = '<rect width="256" height="256" fill="white"/><circle cx="128" cy="128" r="70" fill="red"/>';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256">${drawing}</svg>`;
  const png = await sharp(Buffer.from(svg)).png().toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}
