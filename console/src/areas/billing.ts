export { RatesPage } from '../pages/rates';
export { StatementsPage } from '../pages/statements';
