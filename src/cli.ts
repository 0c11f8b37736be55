import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { addPerson, createAgency, PEOPLE_FIELDS, RefusedPerson, type NewPerson } from './people/enrol';
import { printed, readPrintout } from './audit/audit-printout';
import { NoAuditTrail, type AuditTrail } from './audit/audit-trail';
import { verifyAuditTrail, type AuditPrintout } from './audit/audit-verifier';
import { ConfigError, readConfig, readKeyServices, type Config } from './config';
import type { Database } from './database/database';
import { loadEnvFile } from './platform/process';
import { sealedTables } from './sealed-tables';
import { openAuditTrail, openStore, type Store } from './store';
import type { Cipher } from './vault/cipher';
import { KeyRing, UnusableKeyRing } from './vault/master-keys/key-ring';
import { isKeyService } from './vault/master-keys/kms';
import { rotateMasterKeys } from './vault/master-keys/rotation';
import { countByMasterKey } from './vault/master-keys/sealed-table';

/** The command line names no command, or a file that cannot be used. The message says what to do. */
class UnusableCommand extends Error {}

const USAGE = `Usage:
  npm run --silent admin -- master-key NAME [--aws-kms KEY | --vault-transit MOUNT/KEY]
      prints a line for the key ring file with a new random master key, as it is or wrapped by a service that is asked at each start:
      AWS KMS, or the transit engine of HashiCorp Vault or OpenBao; NAME: up to 64 small letters, digits, \`-\` and \`_\`
  npm run --silent admin -- create-agency --agency NAME --name NAME --subject SUBJECT
      creates an agency and its first admin, and prints the agency's id
  npm run --silent admin -- add-person --agency ID --role ROLE --name NAME --subject SUBJECT [--client ID] [--permissions P,P]
      ROLE: AGENCY_ADMIN, AGENCY_MEMBER or PORTAL_USER (with --client); SUBJECT: the \`sub\` of the person's tokens
  npm run --silent audit:verify [-- --since FILE]
      finds events of the audit trail that were altered, removed or reordered, and keys whose rows differ from their last event; exits with
      1 if there are any. Writes nothing. FILE: what it printed earlier, kept where nobody who can write to the database can: events that stood there and are gone are found too
  npm run --silent keys:rotate
      wraps every stored key with the first master key of the ring, and tells which of the others may be dropped; may be ended and run
      again at any time; exits with 1 if stored keys do not open`;

type Options = Partial<Record<(typeof PEOPLE_FIELDS)[number], string>>;

async function main([command, ...rest]: string[]): Promise<void> {
  if (command === 'master-key') return void process.stdout.write(await masterKeyLine(rest));
  if (command === 'audit-verify') return verifyAudit(earlierPrintout(rest));
  const options = readOptions(rest);
  if (command === 'create-agency')
    return run(options, (database, audit, person) =>
      createAgency(database, audit, options.agency ?? '', person),
    );
  if (command === 'add-person') return run(options, addPerson);
  if (command === 'keys-rotate' && rest.length === 0)
    return withStore(({ database, vault }, { keyRing }) => rotateKeys(database, vault.cipher, keyRing));
  throw new UnusableCommand(USAGE);
}

async function masterKeyLine([name = '', option, key, ...more]: string[]): Promise<string> {
  if (!KeyRing.isName(name)) throw new UnusableCommand(USAGE);
  if (option === undefined) return KeyRing.generateLine(name);
  const service = /^--(.+)$/.exec(option)?.[1] ?? '';
  if (!isKeyService(service) || key === undefined || more.length > 0) throw new UnusableCommand(USAGE);
  loadEnvFile();
  return KeyRing.generateSealedLine(name, service, key, readKeyServices(process.env));
}

function run(
  options: Options,
  work: (database: Database, audit: AuditTrail, person: NewPerson) => Promise<string>,
): Promise<void> {
  return withStore(async ({ database, audit }, { auth: { issuer } }) => {
    process.stdout.write(`${await work(database, audit, { ...options, issuer })}\n`);
  });
}

function earlierPrintout([option, file, ...more]: string[]): AuditPrintout | undefined {
  if (option === undefined) return undefined;
  if (option !== '--since' || file === undefined || more.length > 0) throw new UnusableCommand(USAGE);
  const printout = readPrintout(readText(file));
  if (printout.size === 0)
    throw new UnusableCommand('--since: nothing that audit:verify has printed stands in this file');
  return printout;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UnusableCommand('--since: this file cannot be read');
  }
}

async function verifyAudit(earlier: AuditPrintout | undefined): Promise<void> {
  loadEnvFile();
  const { database, audit, readPlaces } = await openAuditTrail(readConfig(process.env));
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

async function rotateKeys(database: Database, cipher: Cipher, ring: KeyRing): Promise<void> {
  let shown = '';
  for await (const step of rotateMasterKeys(database, cipher, sealedTables)) {
    if (step.kind === 'UNREADABLE') {
      console.log(`${step.table}: DOES NOT OPEN, left as it is: ${step.key}`);
      process.exitCode = 1;
      continue;
    }
    // A line for each whole percent: enough to see that it goes on.
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

async function withStore(work: (store: Store, config: Config) => Promise<void>): Promise<void> {
  loadEnvFile();
  const config = readConfig(process.env);
  const store = await openStore(config);
  try {
    await work(store, config);
  } finally {
    await store.database.close();
  }
}

function readOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: Object.fromEntries(PEOPLE_FIELDS.map((name) => [name, { type: 'string' as const }])),
    });
    return values;
  } catch {
    throw new UnusableCommand(USAGE);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const expected =
    error instanceof ConfigError ||
    error instanceof RefusedPerson ||
    error instanceof UnusableCommand ||
    error instanceof UnusableKeyRing ||
    error instanceof NoAuditTrail;
  console.error(expected ? error.message : error);
  process.exitCode = 1;
});
