const { readdir, rm } = require('node:fs/promises');
const { join } = require('node:path');

module.exports = async () => {
  const folder = process.env.TEMPLATES;
  const server = process.env.TEST_DATABASE_SERVER;
  if (server) await drop(server, await readdir(join(folder, 'spare')));
  await rm(folder, { recursive: true });
};

async function drop(server, names) {
  const { createConnection } = require('mysql2/promise');
  const connection = await createConnection(server.replace(/^mariadb:/, 'mysql:'));
  for (const name of names) await connection.query(`DROP DATABASE ${name}`);
  await connection.end();
}
