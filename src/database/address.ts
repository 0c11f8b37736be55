import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/** Where a database is, read from `DATABASE_URL`. */
export type DatabaseAddress =
  | { readonly kind: 'sqlite'; readonly file: string }
  | {
      readonly kind: 'mysql' | 'mariadb';
      /** Hosts that hold the same data, in the order in which they are tried. There is at least one. */
      readonly hosts: readonly [DatabaseHost, ...DatabaseHost[]];
      readonly username: string;
      readonly password: string;
      readonly database: string;
      /** Null if the connection is not encrypted. */
      readonly tls: DatabaseTls | null;
    };

export interface DatabaseHost {
  readonly host: string;
  readonly port: number;
}

/** The options in the form that the driver takes. */
export interface DatabaseTls {
  readonly ca?: string;
  readonly rejectUnauthorized: boolean;
  readonly verifyIdentity: boolean;
}

/** The address cannot be used; the message says why. It quotes neither a user name nor a password. */
export class BadAddress extends Error {}

const DEFAULT_PORT = 3306;
const OPTIONS = ['ssl-mode', 'ssl-ca'];
const SSL_MODES: Readonly<Record<string, Omit<DatabaseTls, 'ca'> | null>> = {
  DISABLED: null,
  REQUIRED: { rejectUnauthorized: false, verifyIdentity: false },
  VERIFY_CA: { rejectUnauthorized: true, verifyIdentity: false },
  VERIFY_IDENTITY: { rejectUnauthorized: true, verifyIdentity: true },
};
const FORMS =
  'must be sqlite:<file>, mysql://... or mariadb://... with the name of a database (a % in a password is written %25); the hosts of a cluster stand side by side, with commas in between';

/** Throws `BadAddress`. */
export function parseDatabaseUrl(given: string): DatabaseAddress {
  const text = given.trim();
  if (/^sqlite:/i.test(text)) return { kind: 'sqlite', file: sqliteFile(text.slice('sqlite:'.length)) };
  const [address = '', ...others] = hostsApart(text);
  const url = URL.canParse(address) ? new URL(address) : null;
  const kind = url?.protocol === 'mysql:' ? 'mysql' : url?.protocol === 'mariadb:' ? 'mariadb' : null;
  if (!url || kind === null) throw new BadAddress(FORMS);
  const [username, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decoded);
  if (!database) throw new BadAddress(FORMS);
  const hosts = [
    hostOf(url),
    ...others.map((other) => hostOf(URL.canParse(other) ? new URL(other) : null)),
  ] as const;
  return {
    kind,
    hosts,
    username: username ?? '',
    password: password ?? '',
    database,
    tls: tlsOf(
      url,
      hosts.map(({ host }) => host),
    ),
  };
}

/** The same address with the first host alone, and an address of each other host. */
function hostsApart(text: string): string[] {
  const [, scheme = '', userinfo = '', hosts = '', rest = ''] =
    /^([a-z]+:\/\/)([^/?#]*@)?([^/?#@]*)(.*)$/i.exec(text) ?? [];
  const [first = '', ...others] = hosts.split(',');
  return [`${scheme}${userinfo}${first}${rest}`, ...others.map((host) => `${scheme}${host}`)];
}

function hostOf(url: URL | null): DatabaseHost {
  if (!url || url.hostname === '') throw new BadAddress(FORMS);
  const host = decoded(url.hostname).replace(/^\[(.*)\]$/, '$1');
  return { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port) };
}

function sqliteFile(path: string): string {
  // Other programs write an absolute path so: sqlite:///var/lib/latchkey.sqlite.
  const file = path.replace(/^\/\/(?=\/)/, '');
  if (file.startsWith('//'))
    throw new BadAddress(
      'must be sqlite:<file> without the two slashes (sqlite:latchkey.sqlite), or with an absolute path (sqlite:/var/lib/latchkey.sqlite)',
    );
  if (file.includes('?')) throw new BadAddress('must be sqlite:<file> without options: there are none');
  if (file === '' || file.startsWith(':')) throw new BadAddress(FORMS);
  return file;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new BadAddress(FORMS);
  }
}

function tlsOf({ searchParams, hash }: URL, hosts: readonly string[]): DatabaseTls | null {
  const known = `the options are ${OPTIONS.map((name) => `\`${name}\``).join(' and ')}`;
  const names = [...searchParams.keys()];
  // An option that we do not know may be anything that was pasted there, so its name is not quoted.
  if (hash !== '' || names.some((name) => !OPTIONS.includes(name)))
    throw new BadAddress(`has an option that does not exist: ${known}`);
  if (new Set(names).size < names.length) throw new BadAddress(`has an option twice: ${known}`);
  const mode = searchParams.get('ssl-mode') ?? 'DISABLED';
  const tls = Object.hasOwn(SSL_MODES, mode) ? SSL_MODES[mode] : undefined;
  if (tls === undefined)
    throw new BadAddress(`must have an \`ssl-mode\` of ${Object.keys(SSL_MODES).join(', ')}`);
  const file = searchParams.get('ssl-ca');
  if (file !== null && !tls?.rejectUnauthorized)
    throw new BadAddress('has an `ssl-ca`, which takes an `ssl-mode` of VERIFY_CA or VERIFY_IDENTITY');
  if (tls?.verifyIdentity && hosts.some((host) => isIP(host) !== 0))
    throw new BadAddress(
      'must name the host as the certificate does, not by its IP address, for VERIFY_IDENTITY',
    );
  return tls && (file === null ? tls : { ...tls, ca: certificate(file) });
}

function certificate(file: string): string {
  const text = readCertificate(file);
  // The driver would take an empty text for none, and trust the authorities that the system knows.
  if (text.trim() === '') throw new BadAddress('names an `ssl-ca` that is empty');
  return text;
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new BadAddress(
      `names an \`ssl-ca\` that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'it failed'})`,
    );
  }
}
