export { AgencyKeys } from '../pages/agency-keys';
export { ClientKeys } from '../pages/client-keys';
