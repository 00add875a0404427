// Names as Ollama writes them: with a tag, "latest" where nothing else is meant.

const implied = ':latest';

/** The name that this server knows the model by. */
export const fromOllama = (name: string): string => (name.endsWith(implied) ? name.slice(0, -implied.length) : name);

/** A model of this server in a list of Ollama's. */
export const toOllama = (id: string): string => (id.includes(':') ? id : id + implied);
