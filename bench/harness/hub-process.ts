// A hub on loopback with one model, in a process of its own: says where it answers, and when the model's file was first asked for.
import { startHubDouble } from '../../test/fixtures/hub/hub-double.ts';

const bytes = Number(process.argv[2]);
const weights = Buffer.alloc(bytes);
for (let at = 0; at + 8 <= bytes; at += 4096) weights.writeDoubleLE(at + 0.5, at);
const hub = await startHubDouble(
  { 'config.json': Buffer.from('{"model_type":"scripted"}'), 'model.safetensors': weights },
  {
    onFile: (path) =>
      path === 'model.safetensors' && process.send?.({ askedMs: performance.timeOrigin + performance.now() }),
  },
);
process.send?.({ endpoint: hub.endpoint });
process.on('disconnect', () => process.exit(0));
