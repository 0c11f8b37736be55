import { system } from '../../audit/audit-event';
import type { AuditTrail } from '../../audit/audit-trail';
import type { AgentRow } from '../../agents/agent.entity';
import type { Database } from '../../database/database';
import { LeasedRounds } from '../../database/leased-rounds';
import { dateOf, dateOrNull, type RawDate } from '../../database/raw';
import type { Transaction } from '../../database/transaction';
import type { ProviderApi } from '../../providers/provider-api';
import type { KeyVerdict } from '../../providers/key-requests';
import { UnreadableKey } from '../../vault/cipher';
import type { Vault } from '../../vault/vault';
import { recordPresence } from '../absent-agent';
import { agentsToLookUp } from '../affected-agents';
import type { ApiKeyRow } from '../api-key.entity';
import { dailyCheckAfter } from '../daily-check';
import { endOfPause, isShownByCalls, markAfter } from '../key-health';
import { nameOfKey, openKey, readSealedKeys, type SealedKey } from '../key-store';
import { readKeyState } from '../key-states';
import { recordUnreadable, recordVerdict } from '../key-writer';
import { examineKey, LOOKUPS_TIME_MS, type KeyExamination } from './key-examination';

/** How often an instance looks whether there are keys to verify. */
const EVERY_MS = 1_000;
/** Longer than one key takes: the lease is renewed before each. */
const LEASE_MS = 120_000;
/** How long an instance has for a key, before another one may verify it. */
const CLAIM_MS = LOOKUPS_TIME_MS + 70_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** So many keys are verified in one round at most, and so many accounts are asked at the same time. */
const BATCH = 20;
const ACCOUNTS_AT_ONCE = 4;
/**
 * So many agents are looked up with a key in one day: as many as the slowest provider takes in the time that
 * there is for a key.
 */
export const MAX_AGENTS_A_DAY = 40;
/** So many agents of one account are looked up at the same time. */
const LOOKUPS_AT_ONCE = 2;
/** A refusal that its provider neither confirms nor denies is looked into again after this time. */
const RETRY_MS = 10 * 60 * 1000;

type DueKey = Pick<ApiKeyRow, 'id' | 'agencyId' | 'ownerType' | 'ownerId' | 'provider' | 'version'> &
  Pick<ApiKeyRow, 'checkCode'> & { readonly checkAt: RawDate };

/** What came of the examination of a key; null where the key did not open. */
type Outcome = { readonly examination: KeyExamination | null; readonly agents: readonly AgentRow[] };

/**
 * Verifies each key once a day, and at once when its provider has refused something because of it. Any
 * instance does that. A lease bounds the requests of all instances together, and the time in the row of a
 * key keeps it from being verified twice. What is known of a version of a key never becomes known of another.
 */
export class KeyChecker {
  readonly rounds: LeasedRounds;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditTrail,
    private readonly vault: Vault,
    private readonly providers: ProviderApi,
    private readonly report: (error: unknown) => void,
  ) {
    const timing = { everyMs: EVERY_MS, leaseMs: LEASE_MS };
    this.rounds = new LeasedRounds(database, 'keys', timing, () => this.checkDue(), report);
  }

  /** Verifies keys that are due, unless another instance holds the lease. */
  async checkDue(now = new Date()): Promise<void> {
    const due = await this.database.read.rows<DueKey>(
      `SELECT id, agencyId, ownerType, ownerId, provider, version, checkAt, checkCode FROM api_keys
WHERE checkAt <= ? ORDER BY checkAt LIMIT ?`,
      [now, BATCH],
    );
    if (due.length === 0 || !(await this.rounds.take())) return;
    const checkNext = async (): Promise<void> => {
      for (let key = due.shift(); key && !this.rounds.isStopping; key = due.shift())
        await this.#check(key, now);
    };
    await Promise.all(Array.from({ length: ACCOUNTS_AT_ONCE }, checkNext));
  }

  // A fault of one key, which comes up again when its claim runs out, does not keep others from their turn.
  async #check(key: DueKey, now: Date): Promise<void> {
    try {
      const claimedUntil = new Date(now.getTime() + CLAIM_MS);
      if (!(await this.#claim(key, now, claimedUntil))) return;
      const sealed = await this.#sealedKey(key);
      if (sealed?.version !== key.version) return;
      const outcome = await this.#examine(sealed, Math.floor(now.getTime() / DAY_MS));
      await this.database.write((tx) => this.#record(tx, key, { sealed, now, claimedUntil }, outcome));
    } catch (error) {
      this.report(error);
    }
  }

  /** Whoever changes the time at which a key is due verifies it, and nobody else. */
  #claim({ id, version, checkAt }: DueKey, now: Date, claimedUntil: Date): Promise<boolean> {
    const change = { checkAt: claimedUntil, checkedAt: now };
    return this.database.write(
      async (tx) =>
        (await this.rounds.renew(tx)) &&
        tx.updateRow('api_keys', change, { id, version, checkAt: dateOf(checkAt) }),
    );
  }

  async #sealedKey({ agencyId, ownerType, ownerId, provider }: DueKey): Promise<SealedKey | null> {
    const clientId = ownerType === 'CLIENT' ? ownerId : null;
    const { read } = this.database;
    return (await readSealedKeys(read, this.vault.placeMacs, agencyId, clientId, provider))[ownerType];
  }

  async #examine(sealed: SealedKey, turn: number): Promise<Outcome> {
    const { owner, provider } = sealed;
    const { read } = this.database;
    const { agents } = await agentsToLookUp(read, owner, provider, MAX_AGENTS_A_DAY, turn);
    try {
      const { region, key } = openKey(this.vault.cipher, sealed, 'RECHECK');
      const account = { provider, region, key };
      return { agents, examination: await examineKey(this.providers, account, agents, LOOKUPS_AT_ONCE) };
    } catch (error) {
      if (error instanceof UnreadableKey) return { agents, examination: null };
      throw error;
    }
  }

  async #record(
    tx: Transaction,
    { id, version, checkCode }: DueKey,
    {
      sealed,
      now,
      claimedUntil,
    }: { readonly sealed: SealedKey; readonly now: Date; readonly claimedUntil: Date },
    { examination }: Outcome,
  ): Promise<void> {
    const [row] = await tx.lockRows<{ checkAt: RawDate | null; checkedAt: RawDate | null }>(
      'SELECT checkAt, checkedAt FROM api_keys WHERE id = ? AND version = ?',
      [id, version],
    );
    // The key was replaced or cleared meanwhile, or somebody else has verified it since.
    if (dateOrNull(row?.checkedAt ?? null)?.getTime() !== now.getTime()) return;
    const verdict = examination?.verdict ?? null;
    // A refusal that came meanwhile has asked for another verification, which stays.
    if (dateOrNull(row?.checkAt ?? null)?.getTime() === claimedUntil.getTime())
      await tx.updateRow('api_keys', nextCheck(id, verdict, checkCode, now), { id, version });
    const before = await readKeyState(tx, id, version);
    if (!examination) await recordUnreadable(tx, id, version);
    else {
      await recordVerdict(tx, id, version, verdictAfter(examination.verdict, checkCode));
      await recordPresence(tx, sealed, examination.missing, examination.present);
    }
    const after = await readKeyState(tx, id, version);
    if (!after || before?.status === after.status) return;
    const event = { ...nameOfKey(sealed.owner, sealed.provider), version, status: after.status };
    await this.audit.record(tx, system(sealed.owner.agencyId), { type: 'API_KEY_VERIFIED', ...event });
  }
}

// What only a call shows is believed until a call shows otherwise, or somebody has the key verified.
function verdictAfter(verdict: KeyVerdict, refusal: ApiKeyRow['checkCode']): KeyVerdict {
  if (verdict.status !== 'VALID' || !isShownByCalls(refusal)) return verdict;
  return { status: refusal, error: { code: refusal, httpStatus: null, retryAfterSeconds: null } };
}

function nextCheck(
  id: string,
  verdict: KeyVerdict | null,
  checkCode: ApiKeyRow['checkCode'],
  now: Date,
): Pick<ApiKeyRow, 'checkAt' | 'checkCode'> {
  if (verdict?.status === 'RATE_LIMITED' && verdict.error)
    return { checkAt: endOfPause(verdict.error, now), checkCode: markAfter(checkCode, 'RATE_LIMITED') };
  if (verdict?.status === 'UNREACHABLE' && checkCode !== null)
    return { checkAt: new Date(now.getTime() + RETRY_MS), checkCode };
  const isKept = verdict?.status === 'VALID' && isShownByCalls(checkCode);
  return { checkAt: dailyCheckAfter(id, now), checkCode: isKept ? checkCode : null };
}
