/**
 * The ids of the demo's data are fixed, so that the operations of the documents and of the playground work as
 * they stand.
 */
export const demoId = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;

export const BRIGHTLINE = demoId(1);
export const NORTHWIND = demoId(2);
export const HARBOR_DENTAL = demoId(101);
export const MAPLE_REALTY = demoId(102);
export const CEDAR_CLINIC = demoId(103);
export const OLD_MILL_MOTORS = demoId(104);
export const FJORD_HOTELS = demoId(201);
