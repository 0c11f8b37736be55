import type { OutboundRequest } from '../vault/outbound';
import { textField } from './json';
import { readWord } from './read-values';

/** Who speaks in a transcript, in the platform's words. */
export type Speaker = 'Agent' | 'Person' | 'Third party';

/** Where the recording of a call is: behind a link that asks for no key, or behind a request with the key. */
export type Recording =
  | {
      readonly by: 'LINK';
      readonly address: string;
      /** Whether the provider has signed the link, and says that it is good for a day at most. */
      readonly isShortLived: boolean;
    }
  | { readonly by: 'REQUEST'; readonly request: OutboundRequest };

/** What was said in a call. Nobody but who asks for it reads it: it is neither stored nor logged. */
export interface CallContent {
  /** Null where the provider has none. */
  readonly transcript: string | null;
  readonly recording: Recording | null;
}

/** How a provider writes one turn of a conversation. */
export interface TurnForm {
  /** The property that says who speaks, and the one that says what. */
  readonly speaker: string;
  readonly text: string;
  /** Whoever is not among these does not speak: a tool, or the agent's own instructions. */
  readonly speakers: Readonly<Record<string, Speaker>>;
}

/**
 * Writes a conversation as text, a line for each turn: `Agent: Good morning.` It is null for anything but a
 * list of turns, and where nobody says anything.
 */
export function transcriptOf(turns: unknown, { speaker, text, speakers }: TurnForm): string | null {
  if (!Array.isArray(turns)) return null;
  const lines = turns.flatMap((turn) => {
    const who = readWord(speakers, textField(turn, speaker));
    const said = textField(turn, text)
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim();
    return who !== null && said !== '' ? [`${who}: ${said}`] : [];
  });
  return lines.length === 0 ? null : lines.join('\n');
}

/** The recording behind a link. It is null where there is no link. */
export function linkTo(address: string, isShortLived: boolean): Recording | null {
  return address === '' ? null : { by: 'LINK', address, isShortLived };
}
