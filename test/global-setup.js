const { execFileSync } = require('node:child_process');
const { copyFile, mkdir, mkdtemp, writeFile } = require('node:fs/promises');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const ENTITIES = '../dist/src/entities.js';
const MIGRATIONS = '../dist/migrations';

module.exports = async () => {
  // Some tests start the product as an operating system does, from dist/: never from an old build.
  execFileSync(process.execPath, ['build.mjs'], { cwd: join(__dirname, '..'), stdio: 'inherit' });
  // Every test needs a database, and most need the demo in it. Both kinds are made here, once, and copied: as
  // a SQLite file, or on a server by the statements that make the same tables and rows.
  require('reflect-metadata');
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  process.env.TEMPLATES = folder;
  const server = process.env.TEST_DATABASE_SERVER;
  await (server ? makeSchemas(folder, server) : makeFiles(folder));
};

async function makeFiles(folder) {
  const [migrated, seeded] = ['migrated', 'seeded'].map((name) => join(folder, `${name}.sqlite`));
  await migrate(`sqlite:${migrated}`);
  await copyFile(migrated, seeded);
  await seed(`sqlite:${seeded}`, folder);
}

async function makeSchemas(folder, server) {
  const { createConnection } = require('mysql2/promise');
  const spare = join(folder, 'spare');
  await mkdir(spare);
  const name = `latchkey_template_${process.pid}`;
  const connection = await createConnection({
    uri: server.replace(/^mariadb:/, 'mysql:'),
    // As text, each value is put back as it was: a Date has no microseconds.
    dateStrings: true,
    jsonStrings: true,
  });
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).toString();
  const keep = async (template) =>
    writeFile(
      join(folder, `${template}.json`),
      JSON.stringify({ ...(await contentsOf(connection, name)), spare }),
    );
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  try {
    await migrate(url);
    await keep('migrated');
    await seed(url, folder);
    await keep('seeded');
  } finally {
    await connection.query(`DROP DATABASE ${name}`);
    await connection.end();
  }
}

async function migrate(url) {
  const { openDatabase } = require('../dist/src/database/database.js');
  const { entities } = require(ENTITIES);
  const { migrations } = require(MIGRATIONS);
  const database = await openDatabase(url, { entities, migrations });
  await database.close();
}

/** The demo as its first start leaves it, with its events chained, and its key ring beside it. */
async function seed(url, folder) {
  const { AuditSealer } = require('../dist/src/audit/audit-sealer.js');
  const { readConfig } = require('../dist/src/config.js');
  const { startSandbox } = require('../dist/src/demo/sandbox');
  const demo = require('../dist/src/demo/seed.js');
  const { openStore } = require('../dist/src/store.js');
  const { whenChained } = require('../dist/src/upkeep.js');
  const { KeyRing } = require('../dist/src/vault/master-keys/key-ring.js');
  const keyRing = join(folder, 'master.keys');
  await writeFile(keyRing, KeyRing.generateLine('test'), { mode: 0o600 });
  // Each test has an issuer of its own, to which it links the demo's people.
  const issuer = 'http://127.0.0.1:1';
  const { database, vault, audit } = await openStore(
    readConfig({
      DATABASE_URL: url,
      LATCHKEY_MASTER_KEY_FILE: keyRing,
      AUTH_ISSUER: issuer,
      AUTH_AUDIENCE: 'latchkey-test',
    }),
  );
  const sandbox = await startSandbox();
  try {
    await demo.seed(database, vault, audit, issuer, sandbox);
    const report = (error) => {
      throw error;
    };
    const sealer = new AuditSealer(database, audit, report, whenChained);
    await sealer.seal();
    await sealer.stop();
  } finally {
    await sandbox.close();
    await database.close();
  }
}

async function contentsOf(connection, name) {
  await connection.query(`USE ${name}`);
  const [names] = await connection.query('SHOW TABLES');
  const contents = { tables: {}, rows: [] };
  for (const table of names.flatMap(Object.values)) {
    const [[{ 'Create Table': create }]] = await connection.query(`SHOW CREATE TABLE ${table}`);
    contents.tables[table] = create.replace(/ AUTO_INCREMENT=\d+/, '');
    const [rows] = await connection.query(`SELECT * FROM ${table}`);
    contents.rows.push(...rows.map((row) => connection.format(`INSERT INTO ${table} SET ?`, row)));
  }
  return contents;
}
