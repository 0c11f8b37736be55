export type AgentKind = 'AGENT' | 'PATHWAY' | 'PERSONA';

interface ClientExample {
  readonly client: string;
  readonly read: string;
  readonly place: string;
}

/** What is asked for through the gateway to begin with. */
export interface GatewayExample {
  readonly read: string;
  readonly place: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The header in which the provider is given its key. */
  readonly header: string;
  readonly clients?: { readonly node: ClientExample; readonly python: ClientExample };
}

interface ProviderSettings {
  readonly id: string;
  readonly name: string;
  /** Where it runs separate accounts; the first one is meant when none is named. */
  readonly regions: readonly string[];
  /** What it has as agents; one of which nobody says the kind is of the first. */
  readonly agentKinds: readonly AgentKind[];
  /** Whether its calls can be joined in a browser. */
  readonly hasWebCalls: boolean;
  /** How its events are set up: where their address is entered, and which secret it signs them with. */
  readonly events: { readonly address: string; readonly secret: string };
  /** Not there where the gateway does not reach the provider. */
  readonly gateway?: GatewayExample;
}

interface Settings {
  readonly issuer: string;
  readonly clientId: string;
  readonly audience: string;
  readonly scope: string;
  readonly providers: readonly ProviderSettings[];
}

/** What the server wrote into the page: where people sign in, as which client, and the providers that it knows. */
export const settings = JSON.parse(
  document.querySelector<HTMLMetaElement>('meta[name=latchkey]')?.content ?? '{}',
) as Settings;

export const providerName = (provider: string) =>
  settings.providers.find(({ id }) => id === provider)?.name ?? provider;

export const regionsOf = (provider: string) =>
  settings.providers.find(({ id }) => id === provider)?.regions ?? [];

export const eventsOf = (provider: string) =>
  settings.providers.find(({ id }) => id === provider)?.events ?? { address: '', secret: '' };

export const hasWebCalls = (provider: string) =>
  settings.providers.some((each) => each.id === provider && each.hasWebCalls);

export const kindsOf = (provider: string) =>
  settings.providers.find(({ id }) => id === provider)?.agentKinds ?? [];
