/** A variable that begins like this is meant for Latchkey, whatever comes after it. */
const OWN =
  /^(LATCHKEY|AUTH|RATE_LIMIT|CONSOLE|CORS|HAND_IN|METRICS|PLAYGROUND|TRUST(ED)?)_|^PUBLIC_\w*UR[LI]$/i;
/** The settings that replace a provider's address end like this, and begin with the provider. */
const BASE_URL = '_BASE_URL';
const ADDRESS = /_(URL|URI|HOST|ENDPOINT)$/i;
/** A name that differs from a setting in one letter of this many is taken for a misspelt setting. */
const LETTERS_A_MISTAKE = 5;

/**
 * Names each variable that looks like a setting and is none, with the setting that is nearest to it. Values
 * are never told, because they can hold secrets.
 */
export function misspeltSettings(env: NodeJS.ProcessEnv, settings: readonly string[]): string[] {
  return Object.keys(env)
    .filter((name) => !settings.includes(name) && !isFromKubernetes(name, env))
    .flatMap((name) => {
      const ofProvider = baseUrlsLike(name, settings);
      const { setting, distance } = nearest(name, ofProvider.length > 0 ? ofProvider : settings);
      const allowed = Math.max(1, Math.floor(setting.length / LETTERS_A_MISTAKE));
      if (distance > allowed && !OWN.test(name) && ofProvider.length === 0) return [];
      return [`${name} is not a setting and has no effect. The nearest setting is ${setting}.`];
    });
}

/** The addresses of a provider that can be set, for a name that looks like one of them. */
function baseUrlsLike(name: string, settings: readonly string[]): string[] {
  const [provider = ''] = name.toUpperCase().split('_');
  const ofProvider = settings.filter((each) => each.startsWith(`${provider}_`) && each.endsWith(BASE_URL));
  return ADDRESS.test(name) ? ofProvider : [];
}

// Kubernetes sets these for each service in the namespace, also for one that is called `latchkey`.
function isFromKubernetes(name: string, env: NodeJS.ProcessEnv): boolean {
  const [, service] = /^(.+?)_(?:SERVICE|PORT)(?:_|$)/.exec(name) ?? [];
  return service !== undefined && `${service}_SERVICE_HOST` in env;
}

function nearest(name: string, settings: readonly string[]): { setting: string; distance: number } {
  const found = { setting: '', distance: Infinity };
  for (const setting of settings) {
    const [one, other] = [bare(name), bare(setting)];
    // They differ in as many letters at least: most need not be compared.
    if (Math.abs(one.length - other.length) >= found.distance) continue;
    const distance = distanceOf(one, other);
    if (distance < found.distance) Object.assign(found, { setting, distance });
  }
  return found;
}

// Some settings carry the product's name and others do not, which is easily mixed up.
function bare(name: string): string {
  return name.toUpperCase().replace(/^LATCHKEY_/, '');
}

/** Counts the letters that have to be added, left out or replaced to make one text of the other. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let index = 0; index < one.length; index += 1) {
    const next = [index + 1];
    for (let column = 0; column < other.length; column += 1) {
      const replaced = (row[column] ?? 0) + (one[index] === other[column] ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
