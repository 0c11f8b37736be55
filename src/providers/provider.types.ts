import { enumOf } from '../graphql/schema-types';
import { providers, PROVIDERS, type Provider } from './index';
import { PROVIDER_REGIONS, type ProviderAdapter } from './provider';

const adapters: readonly ProviderAdapter[] = providers;
const descriptions = Object.fromEntries(providers.map(({ id, name }) => [id, `The provider ${name}.`]));

export const ProviderEnum = enumOf(
  'Provider',
  PROVIDERS,
  'A voice platform. An agent lives on one of them, and an account there carries and pays for its calls.',
  descriptions as Record<Provider, string>,
);

export const ProviderRegionEnum = enumOf(
  'ProviderRegion',
  PROVIDER_REGIONS,
  'A region for data residency. A provider keeps separate accounts, with keys of their own, in each ' +
    'of its regions.',
  { US: 'The United States. Every provider has this region.', EU: 'The European Union.' },
);

/** Every input field for the region of an account has this description. */
export const REGION_DESCRIPTION = [
  'The region of the account. It is US when not given.',
  ...adapters.flatMap(({ name, baseUrls }) => {
    const others = PROVIDER_REGIONS.filter((region) => region !== 'US' && baseUrls[region] !== undefined);
    return others.length > 0 ? [`${name} also has ${others.join(', ')}.`] : [];
  }),
].join(' ');
