import { it } from 'vitest';
import { chmodSync, cpSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRealServer } from '../engines/real-server.ts';
import { jsonOf, post } from './test-server.ts';
it('x', {timeout: 400000}, async () => {
  const dir = mkdtempSync('/tmp/mlx-md-');
  const gg = '/work/wt/resources/.runtime/models/starter/smollm2-135m-instruct-gguf';
  for (const n of ['deleted','truncated','replaced','unreadable','garbage']) { mkdirSync(join(dir,'t'),{recursive:true}); cpSync(gg, join(dir,'t',n), {recursive:true}); }
  const server = await startRealServer({ MLX_MODELS_DIRS: dir, MLX_MODELS_DIR: dir });
  const ask = async (n, extra={}) => { const t=performance.now(); const r = await post(server.apiUrl+'/v1/chat/completions', {model:'t/'+n, messages:[{role:'user',content:'Count to ten'}], max_tokens:3, ...extra}); return [n, r.status, (await r.text()).slice(0,300), Math.round(performance.now()-t)]; };
  const f = n => join(dir,'t',n,'SmolLM2-135M-Instruct.Q4_1.gguf');
  for (const n of ['deleted','truncated','replaced','unreadable']) console.log(await ask(n));
  rmSync(join(dir,'t','deleted'),{recursive:true}); console.log('loaded, deleted', await ask('deleted'));
  chmodSync(join(dir,'t','unreadable'), 0); chmodSync(f('unreadable').replace(/\/[^/]*$/,''), 0o000); console.log('chmod dir 000', await ask('unreadable'));
  truncateSync(f('truncated'), 50_000_000); console.log('truncated', await ask('truncated'));
  renameSync(f('garbage'), f('replaced')); console.log('replaced by same', await ask('replaced'));
  writeFileSync(f('garbage'), Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(1e6, 7)])); console.log('garbage', await ask('garbage'));
  console.log('garbage again', await ask('garbage'));
  await post(server.adminUrl+'/admin/unload', {}); 
  for (const n of ['deleted','truncated','replaced','unreadable']) console.log('after unload', await ask(n));
  console.log(await jsonOf(fetch(server.apiUrl+'/v1/models')));
  console.log(server.log().split('\n').filter(l=>/warn|crash|fail|exited/.test(l)).join('\n').slice(0,4000));
  await server.stop(); chmodSync(join(dir,'t','unreadable'), 0o755); rmSync(dir,{recursive:true});
});
