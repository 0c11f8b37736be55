export { DeliveriesPage } from '../pages/deliveries';
export { Webhooks } from '../pages/webhooks';
