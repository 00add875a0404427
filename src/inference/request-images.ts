// The images of a request: refused where the model has no eyes, prepared once for all choices of one prompt.
import { type EmitServerEvent, type Generation, type GenerationInput, ServerError } from '../core/index.ts';
import type { ImageRoad, NamedImage } from '../images/index.ts';
import type { Model } from '../models/index.ts';
import type { Images } from './order.ts';

export type PrepareRequestImages = (
  generation: Pick<Generation, 'id' | 'input'>,
  model: Model,
  signal: AbortSignal,
) => Promise<Images>;

const none: Images = new Map();

/** The choices of one prompt share its input, so what was prepared for one of them serves all. */
export function createRequestImages(road: ImageRoad, emit: EmitServerEvent): PrepareRequestImages {
  const prepared = new WeakMap<GenerationInput, Promise<Images>>();

  const prepare = async (
    { id }: Pick<Generation, 'id'>,
    named: readonly NamedImage[],
    signal: AbortSignal,
  ): Promise<Images> => {
    const startedMs = performance.now();
    const { images, cacheHits } = await road.prepare(named, { signal });
    const durationMs = Math.round(performance.now() - startedMs);
    emit({ type: 'images-prepared', requestId: id, images: images.size, cacheHits, durationMs });
    return images;
  };
  return async (generation, model, signal) => {
    const named = namedImages(generation.input);
    if (named.length === 0) return none;
    if (model.engine !== 'mlx-vision') {
      const text = `${model.id} is a text model and takes no images.`;
      throw new ServerError('model_unsupported', text, { param: named[0]!.param });
    }
    const known = prepared.get(generation.input);
    if (known !== undefined) return known;
    const images = prepare(generation, named, signal);
    prepared.set(generation.input, images);
    return images;
  };
}

function namedImages(input: GenerationInput): NamedImage[] {
  if (input.kind !== 'chat') return [];
  return input.messages.flatMap(({ content }, index) =>
    typeof content === 'string'
      ? []
      : content.flatMap((part) =>
          part.type === 'image' ? [{ source: part.source, param: `messages[${index}].content` }] : [],
        ),
  );
}
