import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../e2e/process';
import { GaleraCluster, type GaleraNode } from './galera';
import { judge, type Verdict } from './history';
import { Product, type Instance } from './product';
import { any, Round } from './round';

/** How long all faults together are tried. Each is tried once at least. */
const MINUTES = Number(process.env.CLUSTER_MINUTES ?? 0);
const BEFORE_MS = 1_000;
/** How long a fault lasts. */
const FAULT_MS = 3_000;
const AFTER_MS = 500;
/** Every instance that was not killed itself answers again within this time when a node was. */
const LONGEST_GAP_S = 3;
/** What a round may take on a machine that is busy: nodes and instances start anew in it. */
const ROUND_LIMIT_MS = 240_000;
/** A busy machine makes few changes and calls in a round, so that one alone may find nothing. */
const CONTROL_ROUNDS = 6;

let cluster: GaleraCluster;
let product: Product;
beforeAll(async () => {
  cluster = await GaleraCluster.start();
  product = await Product.start(cluster);
}, 180_000);
afterAll(async () => {
  await product.close();
  cluster.destroy();
}, 60_000);

async function killed(node: GaleraNode): Promise<void> {
  await node.end('SIGKILL');
  await pause(FAULT_MS);
  await node.start();
}

async function replaced(instance: Instance): Promise<Instance[]> {
  await instance.end('SIGKILL');
  await instance.start();
  return [instance];
}

async function noFault(): Promise<Instance[]> {
  const end = Date.now() + FAULT_MS;
  await cluster.backUp(() => Date.now() > end);
  return [];
}

/** Each ends when its cause is gone, and returns the instances that were killed themselves. */
const FAULTS: Readonly<Record<string, () => Promise<Instance[]>>> = {
  none: noFault,
  'a node is killed': async () => {
    await killed(any(cluster.nodes));
    return [];
  },
  'an instance is killed': () => replaced(any(product.instances)),
  'a node and an instance are killed': async () => {
    const [, instances] = await Promise.all([killed(any(cluster.nodes)), replaced(any(product.instances))]);
    return instances;
  },
  'a node hangs': async () => {
    const node = any(cluster.nodes);
    node.signal('SIGSTOP');
    await pause(FAULT_MS);
    node.signal('SIGCONT');
    return [];
  },
  'a node is cut off': async () => {
    const node = any(cluster.nodes);
    await node.isolate(true);
    await pause(FAULT_MS);
    await node.isolate(false);
    return [];
  },
  'no node has a quorum': async () => {
    const nodes = cluster.nodes.slice(1);
    await Promise.all(nodes.map((node) => node.isolate(true)));
    await pause(FAULT_MS);
    await Promise.all(nodes.map((node) => node.isolate(false)));
    return [];
  },
  'the nodes are started anew one by one': async () => {
    for (const node of cluster.nodes) {
      await node.end('SIGTERM');
      await node.start();
      await cluster.whole();
    }
    return [];
  },
};

interface Outcome extends Verdict {
  readonly refusals: ReadonlyMap<string, number>;
  readonly longestGap: number;
}

/** Works on all instances while a fault comes and goes, and prints what came of it. */
async function outcomeOf(fault: string, inflict: () => Promise<Instance[]>): Promise<Outcome> {
  const round = new Round(product);
  await round.prepare();
  let untouched = product.instances;
  const faults = async () => {
    await pause(BEFORE_MS);
    const touched = await inflict();
    untouched = product.instances.filter((instance) => !touched.includes(instance));
    await cluster.whole();
    await pause(AFTER_MS);
  };
  await round.run(faults());
  await round.callAll();
  const verdict = await judge(round, product.standIns, cluster);
  const outcome = { ...verdict, refusals: round.refusals, longestGap: round.longestGap(untouched) };
  print(fault, outcome);
  return outcome;
}

function print(
  fault: string,
  { histories, operations, violations, lost, refusals, longestGap }: Outcome,
): void {
  const refused = [...refusals].map(([code, count]) => `${code} ${count}`).join(', ') || 'none';
  process.stdout.write(
    `${fault}: ${histories} histories, ${operations} operations, ${violations.length} violations, ` +
      `${lost.length} lost; refusals: ${refused}; longest gap ${longestGap.toFixed(1)} s\n`,
  );
}

/** An instance stays with the node that it was led to: here each has a node of its own again. */
async function spread(): Promise<void> {
  await cluster.whole();
  if (await cluster.isUsedEverywhere()) return;
  await product.endAll();
  await product.startAll();
}

test.each(Object.entries(FAULTS))(
  'no call uses another key than the last one that was set, and nothing that was acknowledged is lost: %s',
  async (fault, inflict) => {
    const end = Date.now() + (MINUTES * 60_000) / Object.keys(FAULTS).length;
    do {
      await spread();
      const { violations, lost, refusals, longestGap } = await outcomeOf(fault, inflict);
      expect({ violations, lost }).toEqual({ violations: [], lost: [] });
      if (refusals.has('INTERNAL_SERVER_ERROR')) throw new Error(product.logged());
      if (fault === 'none') expect([...refusals]).toEqual([]);
      if (/^a node .*killed$/.test(fault)) expect(longestGap).toBeLessThanOrEqual(LONGEST_GAP_S);
    } while (Date.now() < end);
  },
  ROUND_LIMIT_MS + MINUTES * 60_000,
);

describe('the check itself finds calls that used another key', () => {
  test.each([
    ['sessions do not wait for other nodes', 'stale-sessions'],
    ['a resolution is remembered for a second', 'cached-resolutions'],
  ])(
    'where %s',
    async (what, preload) => {
      await cluster.whole();
      await product.endAll();
      const file = join(__dirname, 'faulty', `${preload}.cjs`);
      await product.startAll({ NODE_OPTIONS: `--require=${file}` });
      let found = 0;
      for (let round = 0; found === 0 && round < CONTROL_ROUNDS; round += 1)
        found = (await outcomeOf(what, noFault)).violations.length;
      expect(found).toBeGreaterThan(0);
    },
    ROUND_LIMIT_MS,
  );
});

test('the audit trail is sound, and all of it is chained', async () => {
  await until(async () => {
    const [row] = await cluster.nodes[0].read<{ count: number }>(
      'SELECT COUNT(*) AS count FROM latchkey.audit_events WHERE sequence IS NULL',
    );
    return row?.count === 0;
  });
  const { status, output } = await product.verifyAudit();
  process.stdout.write(`audit:verify: ${output}`);
  expect([status, output]).toEqual([0, expect.stringMatching(/./)]);
}, 60_000);
