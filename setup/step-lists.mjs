// Which steps each command needs, in order. An installed package came with its Node packages and its build.
import { isClone } from './project.mjs';
import { encoderMlx } from './steps/encoder-mlx.mjs';
import { nodePackages } from './steps/node-packages.mjs';
import { devEnvironment, textEnvironment, visionEnvironment } from './steps/python-environment.mjs';
import { serverBuild } from './steps/server-build.mjs';
import { starterGguf } from './steps/starter-gguf.mjs';
import { starterMlx } from './steps/starter-mlx.mjs';
import { starterVision } from './steps/starter-vision.mjs';
import { uv } from './steps/uv.mjs';

export const building = [nodePackages, serverBuild];
export const serving = [
  ...(isClone ? building : []),
  uv,
  textEnvironment,
  visionEnvironment,
  starterGguf,
  starterMlx,
  starterVision,
];
export const testing = [...serving, encoderMlx, devEnvironment];
export const checking = [nodePackages];
