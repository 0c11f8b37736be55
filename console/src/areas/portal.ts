export { IntegrationsPage } from '../pages/integrations';
export { PortalPage } from '../pages/portal';
