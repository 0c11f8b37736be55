import type { Key, Provider } from '../keys/operations';
import { regionsOf, settings } from '../sign-in/settings';
import { text } from '../text';
import { SelectField, textOf } from './form';

export const firstProvider = settings.providers[0]?.id as Provider;

/** The region that is chosen; none where the provider has but one. */
export const regionOf = (values: FormData) => (textOf(values, 'region') || null) as Key['region'];

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
        options={settings.providers.map(({ id, name }) => [id, name])}
        onChange={(chosen) => onProvider(chosen as Provider)}
      />
      {regions.length > 1 && (
        <SelectField label={text.links.region} name="region" options={regions.map((each) => [each, each])} />
      )}
    </>
  );
}
