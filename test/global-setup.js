const { execFileSync } = require('node:child_process');
const { mkdir, mkdtemp, writeFile } = require('node:fs/promises');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

module.exports = async () => {
  // Some tests start the product as an operating system does, from dist/: never from an old build.
  execFileSync(process.execPath, ['build.mjs'], { cwd: join(__dirname, '..'), stdio: 'inherit' });
  // Every test file needs migrated databases. Migrations are run here, once, and copied: a SQLite file, or on
  // a server the statements that make the same tables and rows.
  const server = process.env.TEST_DATABASE_SERVER;
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  process.env.MIGRATED_DATABASE = join(folder, server ? 'migrated.json' : 'migrated.sqlite');
  if (server) {
    const spare = join(folder, 'spare');
    await mkdir(spare);
    const migrated = { ...(await migratedSchema(server)), spare };
    await writeFile(process.env.MIGRATED_DATABASE, JSON.stringify(migrated));
  } else await migrate(`sqlite:${process.env.MIGRATED_DATABASE}`);
};

async function migrate(url) {
  require('reflect-metadata');
  const { openDatabase } = require('../dist/src/database/database.js');
  const { entities } = require('../dist/src/entities.js');
  const { migrations } = require('../dist/migrations');
  const database = await openDatabase(url, { entities, migrations });
  await database.close();
}

async function migratedSchema(server) {
  const { createConnection } = require('mysql2/promise');
  const name = `latchkey_migrated_${process.pid}`;
  const connection = await createConnection(server.replace(/^mariadb:/, 'mysql:'));
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  try {
    await migrate(Object.assign(new URL(server), { pathname: `/${name}` }).toString());
    await connection.query(`USE ${name}`);
    const [names] = await connection.query('SHOW TABLES');
    const migrated = { tables: {}, rows: [] };
    for (const table of names.flatMap(Object.values)) {
      const [[{ 'Create Table': create }]] = await connection.query(`SHOW CREATE TABLE ${table}`);
      migrated.tables[table] = create.replace(/ AUTO_INCREMENT=\d+/, '');
      const [rows] = await connection.query(`SELECT * FROM ${table}`);
      migrated.rows.push(...rows.map((row) => connection.format(`INSERT INTO ${table} SET ?`, row)));
    }
    return migrated;
  } finally {
    await connection.query(`DROP DATABASE ${name}`);
    await connection.end();
  }
}
