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

/** Taken when no tag is named, best first: small with little loss. */
const preferredTags = ['Q4_K_M', 'Q4_K_S', 'Q4_0', 'Q4_1', 'IQ4_XS', 'Q5_K_M', 'Q5_K_S', 'Q6_K', 'Q8_0', 'F16', 'BF16'];

/** Of the names of models in one place, parts left out, the one that `tag` asks for, or the best where none is named. */
export function preferredStem(stems: readonly string[], tag: string | undefined): string | undefined {
  const sorted = [...stems].sort();
  const withTag = (one: string): string | undefined => sorted.find((stem) => hasTag(stem, one));
  return tag === undefined ? (preferredTags.map(withTag).find(Boolean) ?? sorted[0]) : withTag(tag);
}

const quantisation = /(?:^|[.-])((?:UD-)?(?:I?Q\d|TQ\d|BF16|F16|F32|MXFP4|NVFP4)\w*)$/i;

/** The tag that asks for this file: its quantisation, else the last word of its name. */
export function tagOf(fileName: string): string {
  const name = withoutPart(fileName).replace(/\.gguf$/i, '');
  return quantisation.exec(name)?.[1] ?? name.split(/[.-]/).at(-1)!;
}

/** The eyes of a model, which are no model. */
export const isProjector = (path: string): boolean => /(^|\/)mmproj[^/]*\.gguf$/i.test(path);

/** Weights of a model; what a file system writes beside them begins with a dot. */
export const isModelGguf = (path: string): boolean => /(^|\/)[^./][^/]*\.gguf$/i.test(path) && !isProjector(path);
