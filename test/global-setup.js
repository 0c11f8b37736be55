const { execFileSync } = require('node:child_process');
const { mkdtemp } = require('node:fs/promises');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

module.exports = async () => {
  // Some tests start the product as an operating system does, from dist/: never from an old build.
  execFileSync(process.execPath, ['build.mjs'], { cwd: join(__dirname, '..'), stdio: 'inherit' });
  // Every test file needs migrated databases. Migrations are run here, once, and copied.
  process.env.MIGRATED_DATABASE = join(await mkdtemp(join(tmpdir(), 'latchkey-')), 'migrated.sqlite');
  require('reflect-metadata');
  const { openDatabase } = require('../dist/src/database/database.js');
  const { entities } = require('../dist/src/entities.js');
  const { migrations } = require('../dist/migrations');
  const database = await openDatabase(`sqlite:${process.env.MIGRATED_DATABASE}`, { entities, migrations });
  await database.close();
};
