export { GatewayTokensPage } from '../pages/gateway-tokens';
export { PeoplePage } from '../pages/people';
export { PortalUsers } from '../pages/portal-users';
export { TokensPage } from '../pages/tokens';
