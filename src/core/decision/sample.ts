// Samples: what one reading of one signal says to one rule, at one instant.

/** A reading as the core takes it: epoch milliseconds and a number, or why there is none. */
export type SignalReading =
  | { readonly type: 'number'; readonly at: number; readonly value: number }
  | { readonly type: 'no-data'; readonly at: number; readonly because: string }
  | { readonly type: 'error'; readonly at: number; readonly because: string };

/** The judgement of one reading: first that applies, in this order: error, no-data, invalid, bad, ok. */
export type Sample =
  | { readonly type: 'error'; readonly at: number; readonly because: string }
  | { readonly type: 'no-data'; readonly at: number; readonly because: string }
  /** The question may not be asked: too few events, sides not comparable. */
  | { readonly type: 'invalid'; readonly at: number; readonly because: string }
  | {
      readonly type: 'bad';
      readonly at: number;
      readonly value: number;
      /** Under the clear threshold. */ readonly clear: false;
    }
  | { readonly type: 'ok'; readonly at: number; readonly value: number; readonly clear: boolean };

/** A number that is no number is no data, whatever the source meant by it. */
export function settle(reading: SignalReading): SignalReading {
  if (reading.type !== 'number' || Number.isFinite(reading.value)) return reading;
  return { type: 'no-data', at: reading.at, because: `the source answered ${reading.value}` };
}
