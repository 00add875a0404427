// The quantisation in the name of a GGUF file, and the parts that a model may come in.

/** More than any model has: beyond that a name is only a name. */
const maxParts = 1000;
const partPattern = /-(\d{5})-of-(\d{5})(?=\.(?:gguf|safetensors)$)/i;

/** What the names of all parts of a model share: `a-00001-of-00002.gguf` → `a.gguf`. */
export const withoutPart = (fileName: string): string => fileName.replace(partPattern, '');

/** The names of all parts of the model that `fileName` is one of; itself alone where it is whole. */
export function partsOf(fileName: string): readonly string[] {
  const count = Number(partPattern.exec(fileName)?.[2] ?? 0);
  if (count < 1 || count > maxParts) return [fileName];
  const numbered = (part: number): string => `-${String(part).padStart(5, '0')}-of-${String(count).padStart(5, '0')}`;
  return Array.from({ length: count }, (_, part) => fileName.replace(partPattern, numbered(part + 1)));
}

/** `SmolLM2-Q4_1.gguf` carries the tag `Q4_1`, whatever the case. */
export const hasTag = (fileName: string, tag: string): boolean =>
  withoutPart(fileName)
    .toLowerCase()
    .replace(/\.gguf$/, '')
    .split(/[.-]/)
    .join('.')
    .endsWith(tag.toLowerCase().split(/[.-]/).join('.'));

/** The eyes of a model, which are no model. */
export const isProjector = (path: string): boolean => /(^|\/)mmproj[^/]*\.gguf$/i.test(path);
