export { AgencyPage } from '../pages/agency';
export { ClientKeys } from '../pages/client-keys';
