// What a person needs next: where the server is, how it is stopped, what to try, which models suit this machine.
import { enginesOf, recommendedFor } from './recommended-models.mjs';

const tierNames = { small: 'small, less than 24 GB', medium: 'medium, 24 to 63 GB', large: 'large, 64 GB and more' };
const gibibyte = 1024 ** 3;
const command = 'bin/mlx-inference-server';

export function tellServer({ report, server }) {
  const ports = Object.entries(server.flags).flat().join(' ');
  const flags = ports === '' ? '' : ` ${ports}`;
  const stop = server.stays === 'service' ? `${command} daemon uninstall` : `${command} daemon stop`;
  report.heading('The server runs');
  report.say(`  API          ${server.api}/v1   (OpenAI; ${server.api} for Anthropic and Ollama clients)`);
  report.say(`  dashboard    ${server.admin}/`);
  report.say(`  stop it      ${stop}`);
  report.say(
    `  try it       ${command} run${flags} starter/smollm2-135m-instruct-gguf "What is the capital of France?"`,
  );
  report.say(`  its models   ${command} ps${flags}`);
  report.say(`  remove it    ./install.sh --uninstall`);
}

export function tellModels({ report, program, machine }) {
  const { config } = program.readConfig({});
  const tier = program.ramTier(machine.memoryBytes);
  const memory = `${Math.round(machine.memoryBytes / gibibyte)} GB`;
  report.heading(`Models for this machine (${memory}; RAM tier ${tierNames[tier]})`);
  const { memoryBytes, platform } = machine;
  const engines = enginesOf(platform);
  const chosen = recommendedFor({ memoryBytes, budgetBytes: config.memoryBudgetBytes, engines });
  for (const { model, engine, sizeGb } of chosen) {
    report.say(`  ${command} pull ${model}   ${engine}, ${sizeGb} GB to download`);
  }
  if (chosen.length === 0) report.say('  The starter models; those worth more need more memory than there is.');
}
