// The vision starter: the model of 1 M parameters that comes with the project, put beside the other starters.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { models, root } from '../project.mjs';
import { replaceWith, workPath } from '../replace.mjs';
import { filesBelow, hashInputs } from '../stamp.mjs';

const source = 'models/shapes-vlm';
const folder = join(models, 'starter/shapes-vlm');

export const starterVision = {
  name: 'starter-vision',
  title: 'starter model (vision)',
  megabytes: 5,
  hash: () => hashInputs({ files: filesBelow(source) }),
  isPresent: () => existsSync(join(folder, 'model.safetensors')) && existsSync(join(folder, 'config.json')),
  async run() {
    const finished = workPath('starter-vision');
    cpSync(join(root, source), finished, { recursive: true });
    replaceWith(finished, folder);
  },
};
