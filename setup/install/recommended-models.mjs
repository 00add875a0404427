// Models worth having, by RAM: one for each engine. What a machine is told is what fits into its budget for models with
// room for the context. `architecture` is the model_type, or the GGUF architecture, that the engine must know.
import { readFileSync } from 'node:fs';

/** Weights and what runs beside them: the cache of some thousand tokens, the engine itself. */
const roomFactor = 1.1;
const gigabyte = 1e9;
const gibibyte = 1024 ** 3;

/** @type {{ ramGb: number, engine: string, model: string, architecture: string, sizeGb: number }[]} */
export const recommendedModels = JSON.parse(readFileSync(new URL('recommended-models.json', import.meta.url), 'utf8'));

export const fits = ({ sizeGb }, budgetBytes) => sizeGb * roomFactor * gigabyte <= budgetBytes;

/** The largest of each of `engines` for this RAM that fits; none where all are too large. */
export function recommendedFor({ memoryBytes, budgetBytes, engines }) {
  const smallest = recommendedModels[0].ramGb;
  const ramGb = Math.max(smallest, Math.round(memoryBytes / gibibyte));
  const fitting = recommendedModels.filter((entry) => entry.ramGb <= ramGb && fits(entry, budgetBytes));
  return engines.flatMap((engine) => fitting.filter((entry) => entry.engine === engine).slice(-1));
}

/** On a Mac MLX is the faster way for text, elsewhere llama.cpp; pictures are read by MLX everywhere. */
export const enginesOf = (platform) => [platform === 'darwin' ? 'mlx-text' : 'llama', 'mlx-vision'];
