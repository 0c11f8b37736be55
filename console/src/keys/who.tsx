import * as text from '../text/keys';
import { Time } from '../ui/parts';
import type { Key } from './operations';

/** An event of the audit trail that set or cleared a key. */
export interface KeyEvent {
  readonly type: string;
  readonly actorName: string;
  readonly provider: string | null;
  readonly maskedKey: string | null;
  readonly keyVersion: number | null;
}

/** What the other person did after `version` was seen. */
export function conflictOf(events: readonly KeyEvent[], version: number): string {
  const latest = events.find(({ keyVersion }) => (keyVersion ?? 0) > version);
  if (!latest) return '';
  const { type, actorName, maskedKey } = latest;
  return type === 'API_KEY_CLEARED'
    ? text.keys.conflictCleared(actorName)
    : text.keys.conflictSet(actorName, maskedKey ?? '');
}

interface StandingProps {
  readonly place: Key;
  readonly agencys: Pick<Key, 'isSet' | 'status'> | null;
  readonly events: readonly KeyEvent[];
}

/** Whose key counts here, who set it, and when the provider last gave a clear answer about it. */
export function Standing({ place, agencys, events }: StandingProps) {
  const { isSet, status, maskedKey, version, updatedAt, lastVerifiedAt, lastUsedAt, lastError } = place;
  const set = events.find(({ keyVersion }) => keyVersion === version);
  if (!isSet) return <p class="standing">{agencys?.isSet === true ? <Inherited /> : noKey(agencys)}</p>;
  return (
    <div class="standing">
      <p>
        <code>{maskedKey}</code> {agencys ? text.keys.own : text.keys.agencysOwn}
      </p>
      <p class="fine">
        {updatedAt !== null && (
          <>
            {text.keys.setBy(set?.actorName)} <Time at={updatedAt} />
            {' · '}
          </>
        )}
        {lastVerifiedAt === null ? (
          text.keys.neverAsked
        ) : (
          <>
            {text.keys.lastAnswer(status === 'VALID')} <Time at={lastVerifiedAt} />
          </>
        )}
        {lastUsedAt !== null && (
          <>
            {' · '}
            {text.keys.lastUsed} <Time at={lastUsedAt} />
          </>
        )}
      </p>
      {lastError && <p class="fine">{lastError.message}</p>}
    </div>
  );
}

const noKey = (agencys: StandingProps['agencys']) => (agencys ? text.keys.noneAtAll : text.keys.noneOfAgency);

function Inherited() {
  return <a href="/agency">{text.keys.usesAgencys}</a>;
}
