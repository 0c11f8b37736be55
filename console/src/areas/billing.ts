export { RatesPage } from '../pages/rates';
