import * as text from '../text/billing';
import { useLocation } from '../ui/router';
import { Tabs } from '../ui/tabs';

const { statements, rates } = text.billing.tabs;

const TABS = [
  { path: '/billing', label: statements },
  { path: '/billing/rates', label: rates },
];

export function BillingTabs() {
  const { path } = useLocation();
  return <Tabs label={text.billing.title} current={path} tabs={TABS} />;
}
