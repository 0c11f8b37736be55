import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { migrations } from '../../migrations';
import { openDatabase } from '../../src/database/database';
import { entities } from '../../src/entities';
import { freePort } from '../fixtures/oidc';
import { until } from './process';

let folder: string;
let server: ChildProcess;
let port: number;
let otherCa: string;

const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });

/** A certificate authority, and a certificate of it for the host name localhost. */
function makeCertificates(): void {
  for (const name of ['ca', 'other'])
    openssl(
      ...`req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${name} -keyout ${name}.key -out ${name}.pem`.split(
        ' ',
      ),
    );
  openssl(...'req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr'.split(' '));
  openssl(
    ...'x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.pem'.split(' '),
  );
}

// MariaDB does not run as root, which a test may.
const asUser = userInfo().uid === 0 ? ['--user=mysql'] : [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-tls-'));
  makeCertificates();
  otherCa = join(folder, 'other.pem');
  const data = join(folder, 'data');
  mkdirSync(data);
  if (asUser.length > 0) execFileSync('chown', ['-R', 'mysql', folder]);
  chmodSync(folder, 0o755);
  execFileSync(
    'mariadb-install-db',
    ['--no-defaults', ...asUser, `--datadir=${data}`, '--auth-root-authentication-method=normal'],
    { stdio: 'pipe' },
  );
  port = await freePort();
  server = spawn(
    'mariadbd',
    [
      '--no-defaults',
      ...asUser,
      `--datadir=${data}`,
      `--socket=${join(folder, 's')}`,
      '--bind-address=*',
      `--port=${port}`,
      '--skip-name-resolve',
      ...['ca=ca.pem', 'cert=server.pem', 'key=server.key'].map((pair) => {
        const [name = '', file = ''] = pair.split('=');
        return `--ssl-${name}=${join(folder, file)}`;
      }),
    ],
    { stdio: 'ignore' },
  );
  await until(() =>
    createConnection({ socketPath: join(folder, 's'), user: 'root' }).then(
      async (connection) => {
        await connection.query('CREATE DATABASE latchkey CHARACTER SET utf8mb4');
        await connection.query("CREATE USER 'guest'@'%' IDENTIFIED BY 'pass' REQUIRE SSL");
        await connection.query("CREATE USER 'plain'@'%' IDENTIFIED BY 'pass'");
        await connection.query("GRANT ALL ON latchkey.* TO 'guest'@'%', 'plain'@'%'");
        await connection.end();
        return true;
      },
      () => false,
    ),
  );
});

afterAll(async () => {
  const ended = once(server, 'exit');
  server.kill();
  await ended;
  rmSync(folder, { recursive: true });
});

/** The cipher of the connection; empty where it is not encrypted. */
async function cipherOf(options: string, host = 'localhost', user = 'guest'): Promise<string> {
  const url = `mariadb://${user}:pass@${host}:${port}/latchkey${options}`;
  const database = await openDatabase(url, { entities, migrations });
  try {
    const [row] = await database.read.rows<{ Value: string }>("SHOW STATUS LIKE 'Ssl_cipher'");
    return row?.Value ?? '';
  } finally {
    await database.close();
  }
}

const ca = () => `&ssl-ca=${encodeURIComponent(join(folder, 'ca.pem'))}`;
const cannotBeOpened =
  /^DATABASE_URL: the database cannot be opened \(HANDSHAKE_SSL_ERROR: [\w -]*certificate[\w -]*\)$/;

describe('the connection to a MariaDB server', () => {
  test.each<[string, () => string, string]>([
    ['REQUIRED', () => '?ssl-mode=REQUIRED', 'localhost'],
    ['REQUIRED, by an IP address', () => '?ssl-mode=REQUIRED', '127.0.0.1'],
    ['REQUIRED, by an IPv6 address', () => '?ssl-mode=REQUIRED', '[::1]'],
    ['VERIFY_CA with its authority', () => `?ssl-mode=VERIFY_CA${ca()}`, 'localhost'],
    [
      'VERIFY_CA, by an address that the certificate does not name',
      () => `?ssl-mode=VERIFY_CA${ca()}`,
      '127.0.0.1',
    ],
    [
      'VERIFY_IDENTITY with the name of its certificate',
      () => `?ssl-mode=VERIFY_IDENTITY${ca()}`,
      'localhost',
    ],
  ])('is encrypted with ssl-mode %s', async (_what, options, host) => {
    expect(await cipherOf(options(), host)).toMatch(/^TLS_|^ECDHE-/);
  });

  test.each<[string, () => string]>([
    ['VERIFY_CA, and an authority that the system does not know', () => '?ssl-mode=VERIFY_CA'],
    ['VERIFY_CA, and another authority', () => `?ssl-mode=VERIFY_CA&ssl-ca=${encodeURIComponent(otherCa)}`],
    [
      'VERIFY_IDENTITY, and another authority',
      () => `?ssl-mode=VERIFY_IDENTITY&ssl-ca=${encodeURIComponent(otherCa)}`,
    ],
  ])(
    'is refused with ssl-mode %s, and what is wrong with the certificate is told',
    async (_what, options) => {
      await expect(cipherOf(options())).rejects.toThrow(cannotBeOpened);
    },
  );

  test('is refused where the certificate names another host than VERIFY_IDENTITY asks for', async () => {
    // Another name of this machine, which the certificate does not have.
    await expect(cipherOf(`?ssl-mode=VERIFY_IDENTITY${ca()}`, hostname())).rejects.toThrow(
      "(HANDSHAKE_SSL_ERROR: Hostname/IP does not match certificate's altnames: ",
    );
    expect(await cipherOf(`?ssl-mode=VERIFY_CA${ca()}`, hostname())).not.toBe('');
  });

  test('is not encrypted without ssl-mode, and a user that must use TLS is refused', async () => {
    expect(await cipherOf('', 'localhost', 'plain')).toBe('');
    expect(await cipherOf('?ssl-mode=DISABLED', 'localhost', 'plain')).toBe('');
    await expect(cipherOf('')).rejects.toThrow('(ER_ACCESS_DENIED_ERROR)');
  });
});
