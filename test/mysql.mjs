// Runs every test file that makes a database on a MySQL or MariaDB server: TEST_DATABASE_SERVER, or root
// without a password on this machine.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const env = { TEST_DATABASE_SERVER: 'mariadb://root@127.0.0.1:3306', ...process.env };
const { status } = spawnSync(process.execPath, [jest, ...process.argv.slice(2)], { env, stdio: 'inherit' });
process.exit(status ?? 1);
