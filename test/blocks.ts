import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Block {
  readonly commands: string;
  /** The JSON that stands behind it as its answer. */
  readonly answer: unknown;
}

/** The commands of a document, or of one of its sections. */
export function blocksOf(file: string, heading?: string): Block[] {
  const text = readFileSync(join(__dirname, '..', file), 'utf8');
  const section =
    heading === undefined
      ? text
      : (text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '');
  return [...section.matchAll(/```sh\n([\s\S]*?)```\n(?:\n```json\n([\s\S]*?)```)?/g)].map(
    ([, commands = '', answer]) => ({
      commands,
      answer: answer === undefined ? undefined : (JSON.parse(answer) as unknown),
    }),
  );
}
