// Names as Ollama writes them: with a tag, "latest" where nothing else is meant.

const implied = ':latest';

/** The name that this server knows the model by. */
export const fromOllama = (name: string): string => (name.endsWith(implied) ? name.slice(0, -implied.length) : name);

/** A model of this server in a list of Ollama's. */
export const toOllama = (id: string): string => (id.includes(':') ? id : id + implied);

/** `134.52M`, `7.6B`; empty where it is not known. */
export function parameterSize(parameters: number | null): string {
  if (parameters === null) return '';
  if (parameters >= 1e9) return `${(parameters / 1e9).toFixed(1)}B`;
  return parameters >= 1e6 ? `${(parameters / 1e6).toFixed(2)}M` : `${(parameters / 1e3).toFixed(2)}K`;
}
