import { providerName } from '../sign-in/settings';
import * as text from '../text/keys';
import type { Tone } from '../ui/parts';
import { sentencesOf } from './moved';
import type { Looked, Preview, Warning } from './operations';

export interface Sentence {
  readonly tone: Tone;
  readonly words: string;
}

const NAMED = 5;

/** At most five by name. */
export function namesOf(things: readonly { readonly name: string }[], count = things.length): string {
  const names = things.slice(0, NAMED).map(({ name }) => name);
  return text.keys.named(names, count - names.length);
}

/** What Save will do, one sentence for each thing that is worth knowing. */
export function consequencesOfSet(provider: string, { preview, warnings }: Looked): Sentence[] {
  if (!preview) return [];
  return [verdict(provider, preview), payers(preview), ...missing(preview), ...warnings.map(ofWarning)];
}

export function verdict(provider: string, { status }: Pick<Preview, 'status'>): Sentence {
  const words = text.keys.verdict[status ?? 'UNVERIFIED'](providerName(provider));
  if (status === 'VALID') return { tone: 'ok', words };
  return { tone: status === 'UNREACHABLE' || status === 'RATE_LIMITED' ? 'warn' : 'bad', words };
}

function payers({ affectedAgents, affectedAgentCount: count, sourceBefore }: Preview): Sentence {
  const names = namesOf(affectedAgents, count);
  if (count === 0) return { tone: 'plain', words: text.keys.nobodyMoves };
  return { tone: 'info', words: text.keys.moves[sourceBefore ?? 'none'](count, names) };
}

export function missing({
  agentsMissingInAccount: agents,
  agentsNotChecked: unknown,
}: Pick<Preview, 'agentsMissingInAccount' | 'agentsNotChecked'>): Sentence[] {
  return [
    ...(agents.length > 0
      ? [{ tone: 'bad', words: text.keys.missing(agents.length, namesOf(agents)) } as const]
      : []),
    ...(unknown > 0 ? [{ tone: 'warn', words: text.keys.notChecked(unknown) } as const] : []),
  ];
}

export function ofWarning({ sharedWithAgency, clients }: Warning): Sentence {
  const owners = [...(sharedWithAgency ? [text.keys.theAgency] : []), ...clients.map(({ name }) => name)];
  return { tone: 'warn', words: text.keys.duplicate(owners.join(', ')) };
}

interface Cleared extends Partial<Pick<Preview, 'affectedAgents' | 'agentsWithoutKey'>> {
  /** How many agents use the key. */
  readonly agentCount?: number;
  readonly affectedAgentCount?: number;
  readonly callsInProgressCount?: number;
  readonly agentsWithoutKeyCount: number;
}

/** What clearing would do, or what it did. */
export function consequencesOfClear(cleared: Cleared): Sentence[] {
  const { affectedAgents = [], agentsWithoutKey = [], agentsWithoutKeyCount: without } = cleared;
  const count = cleared.agentCount ?? cleared.affectedAgentCount ?? 0;
  const back = count - without;
  const named = (things: readonly { readonly name: string }[], of: number) =>
    things.length > 0 ? namesOf(things, of) : '';
  const sentences: Sentence[] = [];
  if (back > 0)
    sentences.push({
      tone: 'info',
      words: text.keys.goBack(back, without === 0 ? named(affectedAgents, count) : ''),
    });
  if (without > 0)
    sentences.push({ tone: 'bad', words: text.keys.leftWithout(without, named(agentsWithoutKey, without)) });
  if (count === 0) sentences.push({ tone: 'plain', words: text.keys.nobodyMoves });
  const { callsInProgressCount: calls = 0 } = cleared;
  if (calls > 0) sentences.push({ tone: 'warn', words: text.keys.callsGoOn(calls) });
  return sentences;
}

const MARKS: Readonly<Record<Tone, string>> = { ok: '✓', warn: '!', bad: '✕', info: '→', plain: '–' };

export function Sentences({ sentences }: { sentences: readonly Sentence[] }) {
  return (
    <ul class="sentences">
      {sentences.map(({ tone, words }) => (
        <li key={words} class={tone}>
          <span class="mark" aria-hidden="true">
            {MARKS[tone]}
          </span>
          {words}
        </li>
      ))}
    </ul>
  );
}

/** What the last 30 days would move from whose account to whose. */
export function MoneyMoved({ preview }: { preview: Preview | null }) {
  return preview?.moneyMoved ? <Sentences sentences={sentencesOf(preview.moneyMoved)} /> : null;
}
