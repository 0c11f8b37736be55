import { PEOPLE_FIELDS } from './people/enrol';
import { keyServices } from './vault/master-keys/kms';

export const USAGE = `Usage:
  npm run --silent admin -- master-key NAME [--file FILE] [--aws-kms KEY | --vault-transit MOUNT/KEY]
      prints a line for the key ring file with a new random master key, or writes it to a new file, which only
      its owner can read. A file that exists is left as it is. With \`--aws-kms\` or \`--vault-transit\`, the key
      is wrapped by a service that is asked at each start: AWS KMS, or the transit engine of HashiCorp Vault or
      OpenBao. NAME: up to 64 small letters, digits, \`-\` and \`_\`
  npm run --silent admin -- create-agency --agency NAME --name NAME --subject SUBJECT
      creates an agency and its first admin, and prints the agency's id
  npm run --silent admin -- add-person --agency ID --role ROLE --name NAME --subject SUBJECT
                                       [--client ID] [--permissions P,P]
      adds a person to an agency, and prints the person's id.
      ROLE: AGENCY_ADMIN, AGENCY_MEMBER or PORTAL_USER (with --client).
      SUBJECT: the \`sub\` of the person's tokens
  npm run --silent admin -- reconcile [--agency ID] [--provider PROVIDER] [--since TIME] [--until TIME] [--json]
      compares what is known of calls with the lists of the providers, and applies what these say. Lists each
      call that differs, and exits with 1 if there is any, or if an account was not compared to its end. It may
      be ended and run again at any time.
      TIME: e.g. 2026-09-21 or 2026-09-21T13:46:40Z. It is three days ago to now when not given.
      --json: a line of JSON for each call that differs and for each account
  npm run --silent audit:verify [-- --since FILE]
      finds events of the audit trail that were altered, removed or reordered, and keys whose rows differ from
      their last event. Writes nothing, and exits with 1 if it finds any.
      FILE: what an earlier run printed, kept where nobody who can write to the database can write. Events that
      it names and that are gone are found too
  npm run --silent keys:rotate
      wraps every stored key with the first master key of the ring, and tells which of the others may be
      dropped. It may be ended and run again at any time, and exits with 1 if stored keys do not open
  npm run --silent admin -- --help
      prints this`;

export interface Command {
  readonly words: readonly string[];
  readonly options: readonly string[];
  readonly required?: readonly string[];
}

const OF_AGENCY = ['agency', 'name', 'subject'] as const;

/** The commands, with the words that follow each, the options that it knows, and those that it needs. */
export const COMMANDS = {
  'master-key': { words: ['NAME'], options: ['file', ...Object.keys(keyServices)] },
  'create-agency': { words: [], options: OF_AGENCY, required: OF_AGENCY },
  'add-person': { words: [], options: PEOPLE_FIELDS, required: ['agency', 'role', 'name', 'subject'] },
  reconcile: { words: [], options: ['agency', 'provider', 'since', 'until', 'json'] },
  'audit-verify': { words: [], options: ['since'] },
  'keys-rotate': { words: [], options: [] },
} as const satisfies Record<string, Command>;

/** These options take no value. */
export const FLAGS: ReadonlySet<string> = new Set(['json']);
