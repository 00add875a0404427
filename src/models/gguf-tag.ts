// The quantisation in the name of a GGUF file.

/** `SmolLM2-Q4_1.gguf` carries the tag `Q4_1`, whatever the case. */
export const hasTag = (fileName: string, tag: string): boolean =>
  fileName
    .toLowerCase()
    .replace(/\.gguf$/, '')
    .replace(/-\d{5}-of-\d{5}$/, '')
    .split(/[.-]/)
    .join('.')
    .endsWith(tag.toLowerCase().split(/[.-]/).join('.'));
