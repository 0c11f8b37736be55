import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { codes, CREATE_AGENT, CREATE_CLIENT } from '../operations';
import { AGENCY, placeOf, type Call, type Change, type History } from './history';
import type { Instance, Product } from './product';
import { FROM_NUMBER, numberToCall } from './stand-ins';

const PROVIDERS = {
  RETELL: { agentId: () => `agent_${randomBytes(8).toString('hex')}`, fromNumber: FROM_NUMBER },
  VAPI: { agentId: () => crypto.randomUUID(), fromNumber: crypto.randomUUID() },
  BLAND: { agentId: () => crypto.randomUUID(), fromNumber: null },
};
type ProviderName = keyof typeof PROVIDERS;
const NAMES = Object.keys(PROVIDERS) as ProviderName[];
const CLIENTS = 3;
/** So many work in turn on each instance, and one more request is sent to it each time. */
const WORKERS = 4;
const ONE_MORE_EVERY_MS = 100;
/** After an error, so that an instance that refuses everything is not all that is asked. */
const PAUSE_AFTER_ERROR_MS = 20;

interface Payload {
  readonly apiKeys?: readonly { readonly version: number }[];
  readonly call?: { readonly status: string } | null;
  readonly userErrors: readonly { readonly code: string; readonly field: string[] | null }[];
}

interface Agent {
  readonly id: string;
  readonly clientId: string;
  readonly provider: ProviderName;
}

const mutation = (name: string, type: string, fields: string) =>
  `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} userErrors { code field } } }`;
const KEYS = 'apiKeys { version }';
const SET_CLIENT = mutation('setClientApiKeys', 'SetClientApiKeysInput', KEYS);
const SET_AGENCY = mutation('setAgencyApiKeys', 'SetAgencyApiKeysInput', KEYS);
const CLEAR_CLIENT = mutation('clearClientApiKeys', 'ClearClientApiKeysInput', KEYS);
const CLEAR_AGENCY = mutation('clearAgencyApiKeys', 'ClearAgencyApiKeysInput', KEYS);
const CALL = mutation('startTestCall', 'StartTestCallInput', 'call { status }');

export const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

let numbers = 0;

/** Random sets, clears and calls of one agency, over all instances, and what came of them. */
export class Round implements History {
  readonly changes: Change[] = [];
  readonly calls: Call[] = [];
  readonly refusals = new Map<string, number>();
  readonly #agents: Agent[] = [];
  readonly #answers = new Map<Instance, number[]>();

  constructor(private readonly product: Product) {}

  get clientIds(): string[] {
    return [...new Set(this.#agents.map(({ clientId }) => clientId))];
  }

  /** Creates the clients and their agents, and sets the agency's keys. */
  async prepare(): Promise<void> {
    const [instance] = this.product.instances;
    if (!instance) throw new Error('There is no instance');
    const create = async (query: string, input: object): Promise<{ id: string }> => {
      const { data, text } = await this.product.ask(instance, query, { input });
      const [payload] = Object.values(data as Record<string, Record<string, { id: string } | null>>);
      const created = payload?.client ?? payload?.agent;
      if (!created) throw new Error(text);
      return created;
    };
    for (let index = 0; index < CLIENTS; index += 1) {
      const { id: clientId } = await create(CREATE_CLIENT, {
        name: `Client ${randomBytes(4).toString('hex')}`,
      });
      for (const provider of NAMES) {
        const { agentId, fromNumber } = PROVIDERS[provider];
        const input = { name: 'Agent', provider, providerAgentId: agentId(), fromNumber, clientId };
        this.#agents.push({ ...(await create(CREATE_AGENT, input)), clientId, provider });
      }
    }
    for (const provider of NAMES) await this.#change(instance, AGENCY, provider, true);
  }

  /** Works on all instances until `faults` has come to its end. */
  async run(faults: Promise<void>): Promise<void> {
    let isOver = false;
    const more: Promise<unknown>[] = [];
    const timer = setInterval(() => {
      for (const instance of this.product.instances) if (instance.isUp) more.push(this.#act(instance));
    }, ONE_MORE_EVERY_MS);
    const work = async (instance: Instance) => {
      while (!isOver) if (!instance.isUp || !(await this.#act(instance))) await pause(PAUSE_AFTER_ERROR_MS);
    };
    const workers = this.product.instances.flatMap((instance) =>
      Array.from({ length: WORKERS }, () => work(instance)),
    );
    try {
      await faults;
    } finally {
      isOver = true;
      clearInterval(timer);
      await Promise.all([...workers, ...more]);
    }
  }

  /** One call of each agent on each instance, when everything is well again. */
  async callAll(): Promise<void> {
    for (const instance of this.product.instances)
      for (const agent of this.#agents) await this.#call(instance, agent);
  }

  /** The longest time between two answers without an error of one of these instances, in seconds. */
  longestGap(instances: readonly Instance[]): number {
    const gaps = instances.flatMap((instance) => {
      const times = this.#answers.get(instance) ?? [];
      return times.slice(1).map((time, index) => time - (times[index] ?? time));
    });
    return Math.max(0, ...gaps) / 1_000;
  }

  async #act(instance: Instance): Promise<boolean> {
    const chance = Math.random();
    const agent = any(this.#agents);
    if (chance < 0.4) return this.#call(instance, agent);
    const { clientId, provider } = agent;
    const owner = chance < 0.9 ? clientId : AGENCY;
    const isDone = await this.#change(instance, owner, provider, Math.random() < 0.75);
    // What was acknowledged is in force at once, also elsewhere.
    const other = any(this.product.instances.filter((each) => each !== instance && each.isUp));
    return isDone && this.#call(other, agent);
  }

  async #change(instance: Instance, owner: string, provider: ProviderName, isSet: boolean): Promise<boolean> {
    const ofClient = owner === AGENCY ? {} : { clientId: owner };
    const apiKey = isSet ? newKey() : null;
    const query = isSet
      ? owner === AGENCY
        ? SET_AGENCY
        : SET_CLIENT
      : owner === AGENCY
        ? CLEAR_AGENCY
        : CLEAR_CLIENT;
    const input = isSet ? { keys: [{ provider, apiKey }] } : { providers: [provider] };
    const { start, end, payload } = await this.#ask(instance, query, { ...ofClient, ...input });
    // A clear of what is not set changes nothing.
    if (payload && payload.userErrors.length > 0) return this.#expect(payload, 'KEY_NOT_SET');
    const version = payload?.apiKeys?.[0]?.version ?? null;
    this.changes.push({ place: placeOf(owner, provider), apiKey, start, end, version });
    return payload !== null;
  }

  async #call(instance: Instance, { id: agentId, clientId, provider }: Agent): Promise<boolean> {
    const number = numberToCall((numbers += 1));
    const { start, end, payload } = await this.#ask(instance, CALL, { agentId, toNumber: number });
    const isPlaced = payload?.call?.status === 'QUEUED';
    const outcome = isPlaced ? 'PLACED' : payload?.userErrors.length ? 'NO_KEY' : 'UNKNOWN';
    this.calls.push({
      number,
      clientPlace: placeOf(clientId, provider),
      agencyPlace: placeOf(AGENCY, provider),
      start,
      end,
      outcome,
    });
    if (payload?.userErrors.length) return this.#expect(payload, 'NO_KEY_CONFIGURED');
    if (payload && !isPlaced) this.#count(`CALL_${payload.call?.status ?? 'MISSING'}`);
    return payload !== null;
  }

  /** `payload` is null, and the end is unknown, where there was an error. */
  async #ask(
    instance: Instance,
    query: string,
    input: object,
  ): Promise<{ start: number; end: number; payload: Payload | null }> {
    const start = performance.now();
    try {
      const { data, errors } = await this.product.ask(instance, query, { input });
      const [payload = null] = Object.values((data ?? {}) as Record<string, Payload | null>);
      for (const { extensions } of errors) this.#count(extensions.code);
      if (!payload || errors.length > 0) return { start, end: Infinity, payload: null };
      const end = performance.now();
      this.#answers.set(instance, [...(this.#answers.get(instance) ?? []), end]);
      return { start, end, payload };
    } catch {
      this.#count('NO_ANSWER');
      return { start, end: Infinity, payload: null };
    }
  }

  #expect(payload: Payload, code: string): boolean {
    if (payload.userErrors.some((error) => error.code !== code)) this.#count(codes(payload).join());
    return true;
  }

  #count(code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }
}

let keys = 0;
/** Its last four characters, which its mask shows, are its own. */
function newKey(): string {
  keys += 1;
  return `key_${randomBytes(8).toString('hex')}_${keys.toString(36).padStart(4, '0')}`;
}
