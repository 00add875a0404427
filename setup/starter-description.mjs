// What both starter models carry beside their weights: low-temperature sampling, their chat template without a system
// prompt that nobody asked for (decision 0002), and where they come from.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const chatTemplate =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}\n";

/** File names and their text; `notice` says where this model comes from. */
export const starterDescription = (notice) => [
  ['chat_template.jinja', chatTemplate],
  ['generation_config.json', '{"temperature":0.2,"top_p":0.9}\n'],
  ['NOTICE', notice],
];

export function describeStarter(folder, notice) {
  for (const [name, text] of starterDescription(notice)) writeFileSync(join(folder, name), text);
}
