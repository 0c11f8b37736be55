/** Writes an amount with all of its decimal places: what a minute costs is less than the least coin. */
export const amountText = (amount: number, currency: string) =>
  amount.toLocaleString(undefined, { style: 'currency', currency, maximumFractionDigits: 6 });
