// A forecast told in words: how long, how sure, and what it rests on.
import { stopwatch } from '../words/times.ts';
import type { Forecast } from './forecast.ts';

/** All of it: how long, against the promise, and what is not counted, as far as there is something to say. */
export function tellOutlook(forecast: Forecast): string {
  const parts = [tellForecast(forecast), tellAgainstRto(forecast), tellWaiting(forecast)];
  return parts.filter((part) => part !== '').join('; ');
}

/** `p50 4:10, p90 7:30 (2 live runs, 4 drills)`, or what is known in place of it. */
export function tellForecast(forecast: Forecast): string {
  const { p50Ms, p90Ms, basis, unmeasured } = forecast;
  switch (basis) {
    case 'measured':
      return `p50 ${stopwatch(p50Ms)}, p90 ${stopwatch(p90Ms)} (${restingOn(forecast)})`;
    case 'partly':
      return `p50 ${stopwatch(p50Ms)}, p90 ${stopwatch(p90Ms)} (${restingOn(forecast)}; ${listed(unmeasured)} never timed, counted with the timebox)`;
    case 'timeboxes':
      return `${stopwatch(p90Ms)} at the most, by timeboxes: never timed`;
  }
}

/** Against the promise: `inside the RTO in 96 %`; empty without one. */
export function tellAgainstRto({ insideRto, basis }: Forecast): string {
  if (insideRto === null) return '';
  if (basis === 'timeboxes')
    return insideRto === 1 ? 'the timeboxes fit the RTO' : 'the timeboxes do not fit the RTO';
  return `inside the RTO in ${shareOf(insideRto)}`;
}

/** What nobody can foresee: `not counting how long people take at stop-bank-file`; empty when nobody is waited for. */
export function tellWaiting({ waiting }: Forecast): string {
  return waiting.length === 0 ? '' : `not counting how long people take at ${listed(waiting)}`;
}

function restingOn({ runs, drills }: Forecast): string {
  const parts = [counted(runs, 'live run'), counted(drills, 'drill')].filter((part) => part !== '');
  return parts.join(', ');
}

function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** Never rounded to a promise: what is not all is at most 99 %, what is not none at least 1 %. */
function shareOf(share: number): string {
  if (share === 0 || share === 1) return `${share * 100} %`;
  return `${Math.min(99, Math.max(1, Math.round(share * 100)))} %`;
}

/** The first few by name. */
function listed(names: readonly string[]): string {
  const most = 3;
  const shown = names.slice(0, most).join(', ');
  return names.length <= most ? shown : `${shown} and ${names.length - most} more`;
}
