import type { Key, Provider } from '../keys/operations';
import { regionsOf, settings } from '../sign-in/settings';
import * as text from '../text/common';
import { Filter } from './filter';
import { SelectField, textOf } from './form';

export const firstProvider = settings.providers[0]?.id as Provider;

/** The region that is chosen; none where the provider has but one. */
export const regionOf = (values: FormData) => (textOf(values, 'region') || null) as Key['region'];

/** The provider that an address names; null for what is none. */
export const providerIn = (name: string) =>
  (settings.providers.find(({ id }) => id === name)?.id ?? null) as Provider | null;

export const providerOptions = settings.providers.map(({ id, name }) => [id, name] as const);

/** Narrows a list to a provider. */
export function ProviderFilter(props: { value: string; onChange: (provider: string) => void }) {
  return <Filter label={text.common.provider} options={providerOptions} {...props} />;
}

interface ProviderFieldsProps {
  readonly provider: Provider;
  readonly onProvider: (provider: Provider) => void;
}

/** A provider, and where it has several the region of the account. */
export function ProviderFields({ provider, onProvider }: ProviderFieldsProps) {
  const regions = regionsOf(provider);
  return (
    <>
      <SelectField
        label={text.common.provider}
        name="provider"
        value={provider}
        options={providerOptions}
        onChange={(chosen) => onProvider(chosen as Provider)}
      />
      {regions.length > 1 && (
        <SelectField label={text.common.region} name="region" options={regions.map((each) => [each, each])} />
      )}
    </>
  );
}
