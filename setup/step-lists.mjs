// Which steps each command needs, in order.
import { encoderMlx } from './steps/encoder-mlx.mjs';
import { nodePackages } from './steps/node-packages.mjs';
import { devEnvironment, textEnvironment, visionEnvironment } from './steps/python-environment.mjs';
import { serverBuild } from './steps/server-build.mjs';
import { starterGguf } from './steps/starter-gguf.mjs';
import { starterMlx } from './steps/starter-mlx.mjs';
import { starterVision } from './steps/starter-vision.mjs';
import { uv } from './steps/uv.mjs';

export const serving = [
  nodePackages,
  serverBuild,
  uv,
  textEnvironment,
  visionEnvironment,
  starterGguf,
  starterMlx,
  starterVision,
];
export const testing = [...serving, encoderMlx, devEnvironment];
export const checking = [nodePackages];
export const building = [nodePackages, serverBuild];
