// Why one image is not used. The texts are fixed by class: nothing that an address answered, no path, no URL.
import { maxImageBytes, maxSidePixels } from './limits.ts';

export class ImageProblem extends Error {
  override name = 'ImageProblem';
  readonly code: 'image_refused' | 'image_too_large';

  /** `text` goes on behind "Image 2 ". */
  constructor(code: ImageProblem['code'], text: string, cause?: unknown) {
    super(text, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export const refused = (text: string, cause?: unknown): ImageProblem => new ImageProblem('image_refused', text, cause);

export const tooManyBytes = (): ImageProblem =>
  new ImageProblem('image_too_large', `is larger than 10 MB (${maxImageBytes} bytes)`);

export const tooManyPixels = (): ImageProblem =>
  new ImageProblem('image_too_large', `has more than ${maxSidePixels} × ${maxSidePixels} pixels`);

/** One text for addresses that are blocked, refuse, hang or answer wrongly: this server is no port scanner. */
export const notFetched = (cause: unknown): ImageProblem => refused('could not be fetched from its address', cause);

/** One text for files that are missing and files that are forbidden. */
export const notReadable = (cause?: unknown): ImageProblem =>
  refused('cannot be read: a local path must name a file inside a folder of MLX_ALLOWED_LOCAL_MEDIA_PATH', cause);
