import 'reflect-metadata';
import { closeSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { AgencyRow } from './agencies/agency.entity';
import { printed, readPrintout } from './audit/audit-printout';
import { AuditSealer } from './audit/audit-sealer';
import { NoAuditTrail, type AuditTrail } from './audit/audit-trail';
import { verifyAuditTrail, type AuditPrintout } from './audit/audit-verifier';
import { TenantDatabase } from './access/tenant-database';
import { USAGE } from './commands';
import { KeyResolverService } from './keys/resolution/key-resolver.service';
import { readCommandLine, WrongUsage, type CommandLine } from './command-line';
import { ConfigError, readConfig, type Config } from './config';
import type { Database } from './database/database';
import { announceEvents } from './outbox/outbox';
import { addPerson, createAgency, RefusedPerson, type NewPerson } from './people/enrol';
import { createIdentityVerifier } from './people/identity';
import { lostRights } from './people/lost-rights';
import { loadEnvFile } from './platform/env-file';
import { PROVIDERS } from './providers';
import { ProviderApi } from './providers/provider-api';
import { reconcileAll, type ReconcileOptions } from './reconciliation/command';
import { Reconciler } from './reconciliation/reconciler';
import { sealedTables } from './sealed-tables';
import { readKeyServices } from './settings';
import { openStore, type Store } from './store';
import { openAuditTrail } from './stored-trail';
import type { Cipher } from './vault/cipher';
import { KeyRing, UnusableKeyRing } from './vault/master-keys/key-ring';
import { isKeyService } from './vault/master-keys/kms';
import { rotateMasterKeys } from './vault/master-keys/rotation';
import { countByMasterKey } from './vault/master-keys/sealed-table';

/** What an option names cannot be used. The message says why. */
class UnusableOption extends Error {}

const WRONG_USAGE_STATUS = 2;

type Options = CommandLine['options'];

async function main(args: readonly string[]): Promise<void> {
  const { command, words, options } = readCommandLine(args);
  switch (command) {
    case 'help':
      console.log(USAGE);
      return;
    case 'master-key':
      return makeMasterKey(words[0] ?? '', options);
    case 'create-agency':
      return enrol(options, (database, audit, person) =>
        createAgency(database, audit, options.agency ?? '', person),
      );
    case 'add-person':
      return enrol(options, addPerson);
    case 'reconcile':
      return reconcile(options);
    case 'audit-verify':
      return verifyAudit(options.since === undefined ? undefined : earlierPrintout(options.since));
    case 'keys-rotate':
      return withStore(configure(), ({ database, vault }, { keyRing }) =>
        rotateKeys(database, vault.cipher, keyRing),
      );
  }
}

async function makeMasterKey(name: string, { file, ...services }: Options): Promise<void> {
  const line = await masterKeyLine(name, services);
  if (file === undefined) process.stdout.write(line);
  else writeNewFile(file, line);
}

// The file may be the key ring of a database that is in use, whose keys would all be lost with it.
function writeNewFile(file: string, text: string): void {
  try {
    const made = openSync(file, 'wx', 0o600);
    try {
      writeFileSync(made, text);
    } catch (error) {
      // The next attempt would find an empty file, and leave it as it is.
      unlinkSync(file);
      throw error;
    } finally {
      closeSync(made);
    }
  } catch (error) {
    const { code = 'it failed' } = error as NodeJS.ErrnoException;
    throw new UnusableOption(
      code === 'EEXIST'
        ? `--file: ${file} exists already, and was left as it is`
        : `--file: this file cannot be written (${code})`,
    );
  }
}

async function masterKeyLine(name: string, options: Options): Promise<string> {
  if (!KeyRing.isName(name))
    throw new WrongUsage('NAME must be up to 64 small letters, digits, `-` and `_`.');
  const [service, another] = Object.keys(options);
  if (service === undefined) return KeyRing.generateLine(name);
  if (another !== undefined || !isKeyService(service))
    throw new WrongUsage('Only one service can wrap a key.');
  loadEnvFile();
  return KeyRing.generateSealedLine(name, service, options[service] ?? '', readKeyServices(process.env));
}

async function enrol(
  options: Omit<NewPerson, 'issuer'>,
  work: (database: Database, audit: AuditTrail, person: NewPerson) => Promise<string>,
): Promise<void> {
  const config = configure();
  await checkIssuer(config);
  await withStore(config, async ({ database, audit }, { auth: { issuer } }) => {
    process.stdout.write(`${await work(database, audit, { ...options, issuer })}\n`);
    // No instance may run yet that would chain the events.
    await new AuditSealer(database, audit, ({ message }) => warn(message), announceEvents).stop();
  });
}

// A person is stored with a digest of the issuer, which cannot be put right later.
async function checkIssuer({ auth }: Config): Promise<void> {
  const identities = createIdentityVerifier(auth);
  await identities.check();
  const problem = identities.problem();
  if (problem !== null)
    warn(`AUTH_ISSUER was not checked: ${problem}. It must be exactly the \`iss\` of the person's tokens.`);
}

function earlierPrintout(file: string): AuditPrintout {
  const printout = readPrintout(readText(file));
  if (printout.size === 0)
    throw new UnusableOption('--since: nothing that audit:verify has printed stands in this file');
  return printout;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UnusableOption(
      `--since: this file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'it failed'})`,
    );
  }
}

async function verifyAudit(earlier: AuditPrintout | undefined): Promise<void> {
  const { database, audit, readPlaces } = await openAuditTrail(configure());
  try {
    let agencies = 0;
    for await (const report of verifyAuditTrail(database, audit, readPlaces, earlier)) {
      for (const line of printed(report)) console.log(line);
      if (report.faults.length > 0) process.exitCode = 1;
      agencies += 1;
    }
    if (agencies === 0) console.log('there is no agency, and not one event');
  } finally {
    await database.close();
  }
}

async function reconcile(options: Options): Promise<void> {
  const filter = readReconcileOptions(options);
  await withStore(configure(), async ({ database, vault }, { baseUrls, providerTimeoutMs }) => {
    const { agencyId: id } = filter;
    if (id !== null && !(await database.read.existsBy(AgencyRow, { id })))
      throw new UnusableOption('--agency: there is no such agency');
    const tenants = new TenantDatabase(database, lostRights);
    const providers = new ProviderApi(baseUrls, providerTimeoutMs).inBackground();
    const resolver = new KeyResolverService(tenants, vault);
    const reconciler = new Reconciler(tenants, vault, resolver, providers);
    const print = (line: string) => void process.stdout.write(`${line}\n`);
    if (!(await reconcileAll(database.read, reconciler, filter, print))) process.exitCode = 1;
  });
}

const RECONCILED_DAYS = 3;

function readReconcileOptions({ agency, provider, since, until, json }: Options): ReconcileOptions {
  const end = until === undefined ? new Date() : readTimeOption('until', until);
  const before = new Date(end.getTime() - RECONCILED_DAYS * 24 * 60 * 60 * 1000);
  const start = since === undefined ? before : readTimeOption('since', since);
  const named = PROVIDERS.find((each) => each === provider?.toUpperCase());
  if (provider !== undefined && !named) throw new WrongUsage(`--provider is one of ${PROVIDERS.join(', ')}.`);
  if (start >= end) throw new WrongUsage('--since must be before --until.');
  return {
    agencyId: agency ?? null,
    provider: named ?? null,
    since: start,
    until: end,
    asJson: json !== undefined,
  };
}

function readTimeOption(name: string, text: string): Date {
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(text) ? new Date(text) : new Date(NaN);
  // JavaScript takes 31 February for 3 March.
  const isDay = !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.slice(0, 10));
  if (!isDay) throw new WrongUsage(`--${name} must be a time, e.g. 2026-09-21.`);
  return time;
}

async function rotateKeys(database: Database, cipher: Cipher, ring: KeyRing): Promise<void> {
  let shown = '';
  for await (const step of rotateMasterKeys(database, cipher, sealedTables)) {
    if (step.kind === 'UNREADABLE') {
      console.log(`${step.table}: DOES NOT OPEN, left as it is: ${step.key}`);
      process.exitCode = 1;
      continue;
    }
    // A line for each whole percent is enough to see that it goes on.
    const percent = `${step.table}: ${Math.floor((100 * step.done) / step.total)} %`;
    if (percent !== shown) console.log(`${percent}, ${step.done} of ${step.total}`);
    shown = percent;
  }
  await tellWhatMayBeDropped(database, ring);
}

async function tellWhatMayBeDropped(database: Database, { names, activeName }: KeyRing): Promise<void> {
  const inUse = await countByMasterKey(database.read, sealedTables);
  for (const name of names) {
    const count = inUse.get(name) ?? 0;
    const advice =
      name === activeName ? 'it is the active one' : count > 0 ? 'keep its line' : 'its line may be dropped';
    console.log(`master key ${name} seals ${count} of the stored keys: ${advice}`);
  }
}

async function withStore(
  config: Config,
  work: (store: Store, config: Config) => Promise<void>,
): Promise<void> {
  const store = await openStore(config);
  try {
    await work(store, config);
  } finally {
    await store.database.close();
  }
}

function configure(): Config {
  loadEnvFile();
  const config = readConfig(process.env);
  config.warnings.forEach(warn);
  return config;
}

// Warnings stand apart from what a command prints, which other programs may read.
function warn(text: string): void {
  console.error(`Warning: ${text}`);
}

const EXPECTED = [ConfigError, RefusedPerson, UnusableOption, UnusableKeyRing, NoAuditTrail];

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof WrongUsage) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = WRONG_USAGE_STATUS;
    return;
  }
  const isExpected = EXPECTED.some((kind) => error instanceof kind);
  console.error(isExpected ? (error as Error).message : error);
  process.exitCode = 1;
});
