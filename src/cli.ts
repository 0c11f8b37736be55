import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { migrations } from '../migrations';
import { addPerson, createAgency, PEOPLE_FIELDS, RefusedPerson, type NewPerson } from './portal/enrol';
import { ConfigError, readConfig } from './config';
import { entities } from './entities';
import { openDatabase, type Database } from './platform/database';
import { loadEnvFile } from './process';
import { KeyRing } from './vault/key-ring';

const USAGE = `Usage:
  npm run --silent admin -- master-key NAME
      prints a line for the key ring file with a new random master key
  npm run --silent admin -- create-agency --agency NAME --name NAME --subject SUBJECT
      creates an agency and its first admin, and prints the agency's id
  npm run --silent admin -- add-person --agency ID --role ROLE --name NAME --subject SUBJECT [--client ID] [--permissions P,P]
      ROLE: AGENCY_ADMIN, AGENCY_MEMBER or PORTAL_USER (with --client); SUBJECT: the \`sub\` of the person's tokens`;

type Options = Partial<Record<(typeof PEOPLE_FIELDS)[number], string>>;

async function main([command, ...rest]: string[]): Promise<void> {
  if (command === 'master-key' && rest.length === 1) return void process.stdout.write(KeyRing.generateLine(rest[0] ?? ''));
  const options = readOptions(rest);
  if (command === 'create-agency') return run(options, (database, person) => createAgency(database, options.agency ?? '', person));
  if (command === 'add-person') return run(options, addPerson);
  throw new RefusedPerson(USAGE);
}

async function run(options: Options, work: (database: Database, person: NewPerson) => Promise<string>): Promise<void> {
  loadEnvFile();
  const config = readConfig(process.env);
  const database = await openDatabase(config.databaseUrl, { entities, migrations });
  try {
    process.stdout.write(`${await work(database, { ...options, issuer: config.authIssuer })}\n`);
  } finally {
    await database.close();
  }
}

function readOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({ args, options: Object.fromEntries(PEOPLE_FIELDS.map((name) => [name, { type: 'string' as const }])) });
    return values;
  } catch {
    throw new RefusedPerson(USAGE);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof RefusedPerson;
  console.error(expected ? error.message : error);
  process.exitCode = 1;
});
