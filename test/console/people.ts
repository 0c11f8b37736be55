/** Whom one can choose on the page of the demo's issuer. */
export type DemoPersonName =
  | 'Ada Brightline'
  | 'Max Brightline'
  | 'Dr. Hana Harbor'
  | 'Finn Harbor'
  | 'Nora Northwind'
  | 'Ines Brightline';
