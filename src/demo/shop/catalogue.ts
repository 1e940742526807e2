// What the shop sells and for how much: the one price list that customers, legacy and ledger agree on.

/** The price of one piece, in cents. */
export const prices: Readonly<Record<string, number>> = {
  'tea-earl-grey': 1295,
  'tea-sencha': 1849,
  'teapot-iron': 5990,
  'cup-blue': 975,
  'honey-lime': 649,
  'biscuits-ginger': 435,
};

/** Everything that can be bought. */
export const skus: readonly string[] = Object.keys(prices);

/** What so many pieces cost; `undefined` when the shop doesn't sell them. */
export function totalCentsOf(sku: string, quantity: number): number | undefined {
  const price = prices[sku];
  const sells = Number.isInteger(quantity) && quantity >= 1 && quantity <= 100;
  return price === undefined || !sells ? undefined : price * quantity;
}
