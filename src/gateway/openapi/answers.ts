// The bodies that come back, as the document tells them. Tests hold real answers against these.
import { z } from 'zod';

export const count = z.int().min(0);
export const seconds = z.int().meta({ description: 'Seconds since 1970.' });

const usage = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count }),
});

const finishReason = z.string().meta({ description: 'stop, length, …' });

const tokenLogprob = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) });

export const chatAnswer = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: seconds,
  model: z.string(),
  choices: z.array(
    z.object({
      index: count,
      message: z.object({ role: z.literal('assistant'), content: z.string().nullable(), refusal: z.null() }),
      logprobs: z
        .object({ content: z.array(z.object({ ...tokenLogprob.shape, top_logprobs: z.array(tokenLogprob) })) })
        .nullable(),
      finish_reason: finishReason,
    }),
  ),
  usage,
});

export const completionAnswer = z.object({
  id: z.string(),
  object: z.literal('text_completion'),
  created: seconds,
  model: z.string(),
  choices: z.array(
    z.object({
      index: count,
      text: z.string(),
      logprobs: z
        .object({
          tokens: z.array(z.string()),
          token_logprobs: z.array(z.number()),
          top_logprobs: z.array(z.record(z.string(), z.number())),
          text_offset: z.array(count),
        })
        .nullable(),
      finish_reason: finishReason,
    }),
  ),
  usage,
});

export const modelAnswer = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: seconds,
  owned_by: z.string(),
  aliases: z.array(z.string()).meta({ description: 'Other names for it.' }),
  engine: z.enum(['mlx-text', 'mlx-vision', 'llama']).nullable(),
  architecture: z.string().nullable(),
  parameters: count.nullable(),
  quantization: z.string().nullable().meta({ description: '4-bit, Q4_K_M, bf16, …' }),
  context_length: count.nullable().meta({ description: 'Tokens that it was made for.' }),
  capabilities: z.array(z.enum(['text', 'vision', 'embeddings', 'tools', 'thinking'])),
  size_bytes: count.nullable().meta({ description: 'On disk.' }),
  memory_bytes: count.nullable().meta({ description: 'That it is reckoned to need.' }),
  loaded_context_length: count
    .nullable()
    .meta({ description: 'Tokens that its worker takes; null while it is not loaded.' }),
  complete: z.boolean().meta({ description: 'Whether a worker could load it.' }),
  problem: z.string().nullable().meta({ description: 'Why none could, and what to do.' }),
});

export const modelListAnswer = z.object({ object: z.literal('list'), data: z.array(modelAnswer) });
export const healthAnswer = z.object({ status: z.literal('ok') });
export const versionAnswer = z.object({ version: z.string() });
export const readyAnswer = z.object({
  status: z.enum(['ready', 'not ready']),
  reasons: z.array(z.string()),
  degraded: z.array(z.string()).meta({ description: 'What works less well than it should.' }),
});
